import { asError } from '@ls/foundation'
import { TransportError } from '@ls/transport'
import { placeOf, upgradeRefused } from '@ls/transport/custom-connect'

/**
 * Converts an error of wreq-js on opening to the one that `connect` has for the same failure. wreq-js has texts only,
 * whose beginnings are not specific, so the first pattern found counts. Without a match, `connectionError` of the
 * connection below gives more detail.
 */
export function openError(url: URL, thrown: unknown, connectionError: Error | undefined): TransportError {
  const cause = asError(thrown)
  const { message } = cause
  const place = placeOf(url)
  const [, status, statusMessage = ''] = /unexpected status code: (\d{3})([^:]*)/.exec(message) ?? []
  if (status !== undefined) return refused(url, Number(status), statusMessage.trim())
  const tls = /\[([A-Z][A-Z0-9_]+)\]/.exec(message)?.[1]
  if (tls !== undefined) {
    return new TransportError('ERR_TRANSPORT_TLS', `no TLS with ${place}: ${tlsCauses[tls] ?? tls}`, { cause })
  }
  if (/invalid|parse/i.test(message)) {
    const text = `${place} answered, but not as a WebSocket server: ${lastWords(message)}`
    return new TransportError('ERR_TRANSPORT_BAD_ANSWER', text, { cause })
  }
  const text = `${place} ended the connection instead of answering: ${connectionError?.message ?? lastWords(message)}`
  return new TransportError('ERR_TRANSPORT_CONNECTION_LOST', text, { cause: connectionError ?? cause })
}

/** Makes the error that ended an open WebSocket, with the codes of ws where it is the peer's fault. */
export function lossError(message: string): Error {
  const code = lossCodes.find(([pattern]) => pattern.test(message))?.[1]
  const error = new Error(lastWords(message))
  return code === undefined ? error : Object.assign(error, { code })
}

const untrusted =
  'the certificate is for another name, out of date, or this machine does not trust its issuer; give its issuer as the CA'

const tlsCauses: Readonly<Record<string, string>> = {
  CERTIFICATE_VERIFY_FAILED: untrusted,
  WRONG_VERSION_NUMBER: 'the port does not speak TLS; try ws:// instead of wss://',
}

/** Codes for the errors of wreq-js, whose WebSocket library has none. */
const lossCodes: readonly (readonly [pattern: RegExp, code: string | undefined])[] = [
  [/without closing handshake/i, undefined],
  [/message too long/i, 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'],
  [/protocol error|utf-?8/i, 'WS_ERR_PROTOCOL'],
]

function refused(url: URL, status: number, statusMessage: string): TransportError {
  if (status < 300 || status > 399) return upgradeRefused(url, { statusCode: status, statusMessage, headers: {} }, '')
  const text = `${placeOf(url)} redirects (${status}), which a link with a browser's fingerprint does not follow: give the URL it leads to`
  return new TransportError('ERR_TRANSPORT_REDIRECTS', text, { status })
}

function lastWords(message: string): string {
  return message.split(': ').at(-1) ?? message
}
