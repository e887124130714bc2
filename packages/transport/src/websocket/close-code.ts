import type { TransportCloseReason } from '@ls/mux'
import { printable } from '../connect/url.js'
import { systemCodeOf, TransportError } from '../errors.js'

/** Close codes this package uses (RFC 6455 §7.4.1). */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  unsupportedData: 1003,
  /** Never on the wire: the peer's close message carried no code. */
  noStatus: 1005,
  /** Never on the wire: the connection ended without a close message. */
  abnormal: 1006,
  messageTooLarge: 1009,
  internalError: 1011,
  tryAgainLater: 1013,
} as const

/** Meanings of the registered codes, for peers that give no text. */
const meanings: Readonly<Record<number, string>> = {
  1000: 'closed normally',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'closed without a reason',
  1007: 'malformed data',
  1008: 'policy violation',
  1009: 'message too large',
  1011: 'internal error',
  1012: 'service restarts',
  1013: 'try again later',
  1014: 'bad gateway',
}

/** Longest text: body of a control frame (125 bytes, RFC 6455 §5.5) less the code. */
const maxReasonBytes = 123

/** Converts a close reason to a code that may be sent, and a text that fits. */
export function closeFrame(reason: TransportCloseReason): { code: number; text: Buffer } {
  return { code: isSendable(reason.code) ? reason.code : insteadOf(reason.code), text: cutText(reason.reason) }
}

/**
 * Converts a code for senders with few allowed ones, such as browsers: 1000 and 3000–4999; the text does not change.
 */
export function applicationCloseCode(code: number): number {
  return code >= 3000 && code <= 4999 ? code : CloseCode.normal
}

/** Describes the end of a link from the data of ws: code and text, and the error that came before it, if any. */
export function closeReason(
  code: number,
  text: string,
  error: Error | undefined,
  maxMessageBytes: number,
): TransportCloseReason {
  if (error !== undefined && systemCodeOf(error).startsWith('WS_ERR_')) return brokenRule(error, maxMessageBytes)
  if (code === CloseCode.abnormal) return lost(error)
  const said = printable(text, maxReasonBytes)
  return { code, reason: said === '' ? (meanings[code] ?? `closed with code ${code}`) : said }
}

/** Returns the reason for a violation of RFC 6455 or of our limits; ws has notified the peer. */
function brokenRule(error: Error, maxMessageBytes: number): TransportCloseReason {
  if (systemCodeOf(error) === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    const reason = `the peer sent a message of more than ${maxMessageBytes} bytes`
    return {
      code: 1009,
      reason,
      cause: new TransportError('ERR_TRANSPORT_MESSAGE_TOO_LARGE', reason, { cause: error }),
    }
  }
  const reason = `the peer broke the WebSocket protocol: ${error.message}`
  return { code: 1002, reason, cause: new TransportError('ERR_TRANSPORT_PROTOCOL', reason, { cause: error }) }
}

function lost(error: Error | undefined): TransportCloseReason {
  const code = CloseCode.abnormal
  const reason = error === undefined ? 'connection ended without a close message' : `connection lost: ${error.message}`
  const options = error === undefined ? {} : { cause: error }
  return { code, reason, cause: new TransportError('ERR_TRANSPORT_CONNECTION_LOST', reason, options) }
}

/** Whether an endpoint may put this code into a close message (RFC 6455 §7.4.2 and the IANA registry). */
function isSendable(code: number): boolean {
  if (code >= 3000 && code <= 4999) return Number.isInteger(code)
  return code in meanings && code !== CloseCode.noStatus
}

function insteadOf(code: number): number {
  return code === CloseCode.noStatus ? CloseCode.normal : CloseCode.internalError
}

/** Cuts a text between two characters, since the text of a close message must be valid UTF-8. */
function cutText(text: string): Buffer {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxReasonBytes) return bytes
  let end = maxReasonBytes
  while (end > 0 && isContinuation(bytes[end])) end--
  return bytes.subarray(0, end)
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}
