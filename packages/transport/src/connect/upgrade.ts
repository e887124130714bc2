import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { asError } from '@ls/foundation'
import { WebSocket, type ClientOptions } from 'ws'
import { systemCodeOf, TransportError } from '../errors.js'
import type { Attempt } from './attempt.js'
import { tlsCauseOf } from './tls.js'
import { upgradeRefused } from './upgrade-refusal.js'
import { placeOf } from './url.js'

export interface UpgradeOptions {
  readonly headers: Readonly<Record<string, string>>
  /** Early data, as subprotocols to choose from; the server must choose one. */
  readonly protocols: readonly string[]
  readonly maxMessageBytes: number
  readonly closeTimeoutMs: number
}

/** Result of an upgrade: the result of `onOpen`, or the next URL. */
export type UpgradeResult<T> =
  | { readonly kind: 'open'; readonly value: T }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }

const redirects = new Set([301, 302, 303, 307, 308])

/** Most bytes read of a refusal's body: a text, not a web page. */
const maxBodyBytes = 512

/**
 * Sends an upgrade request to the server at the other end of `stream`. `onOpen` runs before the first message can
 * arrive. The stream is destroyed on failure.
 */
export function upgrade<T>(
  stream: Duplex,
  url: URL,
  options: UpgradeOptions,
  onOpen: (socket: WebSocket) => T,
  attempt: Attempt,
): Promise<UpgradeResult<T>> {
  return attempt.step<UpgradeResult<T>>(`waiting for ${placeOf(url)} to accept the WebSocket`, (resolve, reject) => {
    const socket = new WebSocket(url, [...options.protocols], clientOptions(stream, options))
    // A paused stream, as after a proxy's handshake, would never deliver the answer; it is read from the next turn on.
    stream.resume()
    socket.once('open', () => resolve({ kind: 'open', value: onOpen(socket) }))
    socket.on('error', (error) => reject(handshakeError(url, error, options.protocols.length > 0)))
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      const { statusCode: status = 0, headers } = response
      if (redirects.has(status) && headers.location !== undefined) {
        resolve({ kind: 'redirect', status, location: headers.location })
        stream.destroy()
        return
      }
      readText(response, (body) => reject(upgradeRefused(url, response, body)))
    })
    return () => stream.destroy()
  })
}

function clientOptions(stream: Duplex, options: UpgradeOptions): ClientOptions & { closeTimeout: number } {
  return {
    // The stream is already connected and, for wss:, encrypted; each of these steps has its own errors.
    createConnection: (() => stream) as unknown as NonNullable<ClientOptions['createConnection']>,
    headers: { ...options.headers },
    followRedirects: false,
    perMessageDeflate: false,
    maxPayload: options.maxMessageBytes,
    // Text messages are refused unread.
    skipUTF8Validation: true,
    closeTimeout: options.closeTimeoutMs,
  }
}

/** Reads the first bytes of a plain text; a web page would not help in an error message. */
function readText(response: IncomingMessage, done: (text: string) => void): void {
  let text = ''
  if (!(response.headers['content-type'] ?? '').startsWith('text/plain')) return done(text)
  response.setEncoding('utf8')
  response.on('data', (chunk: string) => {
    text += chunk
    if (text.length >= maxBodyBytes) done(text)
  })
  response.on('error', () => done(text))
  response.on('close', () => done(text))
}

function handshakeError(url: URL, error: Error, withEarlyData: boolean): TransportError {
  const place = placeOf(url)
  const code = systemCodeOf(error)
  if (code.startsWith('HPE_')) {
    const cure = url.protocol === 'ws:' ? 'if the port speaks TLS, use wss://' : 'is this the right port?'
    return new TransportError('ERR_TRANSPORT_BAD_ANSWER', `${place} does not answer in HTTP: ${cure}`, { cause: error })
  }
  const tlsCause = tlsCauseOf(code)
  if (tlsCause !== undefined)
    return new TransportError('ERR_TRANSPORT_TLS', `no TLS with ${place}: ${tlsCause}`, { cause: error })
  if (code === '') {
    const cure = withEarlyData ? '; perhaps it does not support early data: connect without it (ed=0)' : ''
    const message = `${place} answered, but not as a WebSocket server: ${asError(error).message}${cure}`
    return new TransportError('ERR_TRANSPORT_BAD_ANSWER', message, { cause: error })
  }
  const hint = url.protocol === 'ws:' ? ' (if the port speaks TLS, use wss://)' : ''
  const message = `${place} ended the connection instead of answering${hint}: ${error.message}`
  return new TransportError('ERR_TRANSPORT_CONNECTION_LOST', message, { cause: error })
}
