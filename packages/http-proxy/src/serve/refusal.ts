import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { breakStream, closeStream } from '@ls/dial'
import { textOf } from '@ls/foundation'
import { HttpProxyError } from '../errors.js'
import { lingerMs } from '../limits.js'
import { formatProxyStatus, replyForError, statusOfReply } from '../reply.js'

/** A response of our own with the reason why a request was not served. */
export interface Refusal {
  readonly status: number
  /** Flat list of header fields, with Content-Length; without Connection. */
  readonly headers: string[]
  /** One line. */
  readonly body: string
}

/** Longest text of a refusal, in UTF-16 units. */
const maxTextLength = 400

/** The response for a failure: our own errors carry their status, a failed dial has that of its word. */
export function refusalOf(error: unknown): Refusal {
  const own = error instanceof HttpProxyError && error.status !== undefined && error.reply === undefined
  if (own) return refusal(error.status ?? 500, oneLine(error.message), challengeOf(error.status))
  const word = replyForError(error)
  const text = oneLine(textOf(error))
  const line = text === word || text.startsWith(`${word}:`) ? text : `${word}: ${text}`
  return refusal(statusOfReply(word), line, ['Proxy-Status', formatProxyStatus(word)])
}

/**
 * Answers on a bare socket and closes it, taking over from its reader. Bytes that the client still sends are discarded
 * for a short time, since closing with unread bytes resets the connection and may lose the answer.
 */
export function refuse(socket: Duplex, error: unknown): void {
  const { status, headers, body } = refusalOf(error)
  const fields = [...headers, 'Connection', 'close']
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (let at = 0; at < fields.length; at += 2) head += `${fields[at]}: ${fields[at + 1]}\r\n`
  endGently(socket, `${head}\r\n${body}`)
}

/** Ends a socket without a reader; cuts it if the client does not end its side soon after. */
export function endGently(socket: Duplex, last?: string): void {
  if (socket.destroyed) return
  socket.removeAllListeners('data')
  // Node's HTTP server reads past the stream until other code listens for data.
  socket.on('data', () => {})
  socket.resume()
  socket.end(last)
  const timer = setTimeout(() => closeStream(socket), lingerMs)
  socket.once('close', () => clearTimeout(timer))
}

/** Cuts a socket after its written bytes were sent, or a moment later if its reader does not accept them. */
export function breakGently(socket: Duplex): void {
  breakStream(socket)
  if (socket.destroyed) return
  const timer = setTimeout(() => closeStream(socket), lingerMs)
  socket.once('close', () => clearTimeout(timer))
}

function refusal(status: number, line: string, extra: string[]): Refusal {
  const body = `${line}\n`
  const size = String(Buffer.byteLength(body))
  return { status, headers: ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', size, ...extra], body }
}

/** RFC 9110 §15.5.8: a 407 names the scheme; §15.5.6: a 405 names what is allowed. */
function challengeOf(status: number | undefined): string[] {
  if (status === 407) return ['Proxy-Authenticate', 'Basic realm="proxy"']
  return status === 405 ? ['Allow', 'GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS'] : []
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this removes
  const line = text.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim()
  return line.length > maxTextLength ? `${line.slice(0, maxTextLength)}…` : line
}
