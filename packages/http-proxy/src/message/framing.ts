import { HttpProxyError } from '../errors.js'
import { endToEnd, fieldValues, type RawHeaders } from './hop-by-hop.js'

/** Head of a request as Node's parser gives it: the part of an `IncomingMessage` that framing depends on. */
export interface RequestHead {
  /** Header fields as received: name, value, name, value. */
  readonly rawHeaders: RawHeaders
  /** `1.0` or `1.1`. */
  readonly httpVersion: string
  /** The method. @default '' */
  readonly method?: string | undefined
}

/**
 * The fields of a request for the next hop: the end-to-end ones, and the body's framing as Node's parser read it. Only
 * the parser reads the body, so the next hop must see the same framing.
 *
 * @param alsoDrop Names in lower case of fields that the caller adds itself.
 * @throws {HttpProxyError} with the status to answer, for a body that we could not pass on as it was framed, and for a
 *   field without a name.
 */
export function onwardFields(request: RequestHead, alsoDrop?: ReadonlySet<string>): string[] {
  const { rawHeaders, method = '' } = request
  checkFieldNames(rawHeaders)
  checkTransferEncoding(request)
  const fields = endToEnd(rawHeaders, alsoDrop)
  // Strict parsing accepts either one length or chunks, never both (RFC 9112 §6.3), so a length field states what was
  // read.
  if (hasTransferEncoding(rawHeaders)) fields.push('Transfer-Encoding', 'chunked')
  else if (!unframed.has(method) && fieldValues(fields, 'content-length').length === 0)
    fields.push('Content-Length', '0')
  return fields
}

/**
 * Checks the names of fields: the parser of Node 20.19.0 accepts any, and Node throws when it has to send them.
 *
 * @throws {HttpProxyError} for a name that is no token (RFC 9110 §5.1).
 */
export function checkFieldNames(fields: readonly string[]): void {
  for (let at = 0; at < fields.length; at += 2) {
    if (token.test(fields[at] as string)) continue
    const text = `the name of a field is no token: ${JSON.stringify(fields[at])}`
    throw new HttpProxyError('ERR_HTTP_PROXY_BAD_REQUEST', text, { status: 400 })
  }
}

/** RFC 9110 §5.6.2. */
const token = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Checks the trailers of a request, which arrive after its body. Newer parsers refuse what is refused here.
 *
 * @throws {HttpProxyError} for a name that is no token, and for fields that would frame the body again (RFC 9110
 *   §6.5.1).
 */
export function checkTrailers(trailers: readonly string[]): void {
  checkFieldNames(trailers)
  for (const name of ['content-length', 'transfer-encoding']) {
    if (fieldValues(trailers, name).length === 0) continue
    const text = `the trailers must not have ${name}`
    throw new HttpProxyError('ERR_HTTP_PROXY_BAD_REQUEST', text, { status: 400 })
  }
}

/** We decode chunked and encode it again; another coding would be lost (RFC 9112 §6.1). */
export function checkTransferEncoding({ rawHeaders, httpVersion }: RequestHead): void {
  if (!hasTransferEncoding(rawHeaders)) return
  if (httpVersion === '1.0') {
    const text = 'HTTP/1.0 has no Transfer-Encoding (RFC 9112 §6.1)'
    throw new HttpProxyError('ERR_HTTP_PROXY_BAD_REQUEST', text, { status: 400 })
  }
  if (isChunkedOnly(rawHeaders)) return
  const text = 'the only Transfer-Encoding served is chunked'
  throw new HttpProxyError('ERR_HTTP_PROXY_UNSUPPORTED', text, { status: 501 })
}

/** Whether a request has a body, according to its head (RFC 9112 §6.3). */
export function hasBody({ rawHeaders }: Pick<RequestHead, 'rawHeaders'>): boolean {
  return (
    hasTransferEncoding(rawHeaders) || fieldValues(rawHeaders, 'content-length').some((length) => Number(length) > 0)
  )
}

/** Whether `chunked` is the only transfer coding (RFC 9112 §6.1). */
export function isChunkedOnly(headers: readonly string[]): boolean {
  const codings = fieldValues(headers, 'transfer-encoding')
  return codings.length === 1 && codings[0]?.trim().toLowerCase() === 'chunked'
}

/** Whether there is a Transfer-Encoding field, with any value. */
export function hasTransferEncoding(headers: readonly string[]): boolean {
  return fieldValues(headers, 'transfer-encoding').length > 0
}

/** Methods for which Node sends no framing by itself; without a length, others would go out chunked. */
const unframed = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])
