import { HttpProxyError } from '../errors.js'

/** Error that Node's HTTP server reports as `clientError`. */
export interface ParserError extends Error {
  readonly code?: string
  /** Reason, as the parser words it. */
  readonly reason?: string
}

/** Returns the refusal for bytes that Node's parser did not accept. */
export function parseError(error: ParserError, options: { readonly maxHeadBytes: number }): HttpProxyError {
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    const text = `the request's head is larger than ${options.maxHeadBytes} bytes`
    return new HttpProxyError('ERR_HTTP_PROXY_TOO_LARGE', text, { status: 431, cause: error })
  }
  if (error.code === 'HPE_PAUSED_H2_UPGRADE') {
    return new HttpProxyError('ERR_HTTP_PROXY_UNSUPPORTED', 'HTTP/2 is not served', { status: 505, cause: error })
  }
  if (error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') {
    const text = 'the extensions of a chunk are larger than 16384 bytes, the limit of the parser'
    return new HttpProxyError('ERR_HTTP_PROXY_TOO_LARGE', text, { status: 413, cause: error })
  }
  const text = `the request is not valid HTTP: ${error.reason ?? error.code}`
  return new HttpProxyError('ERR_HTTP_PROXY_BAD_REQUEST', text, { status: 400, cause: error })
}
