import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** An HTTP answer instead of a WebSocket. */
export interface UpgradeRefusal {
  /** HTTP status, 400–599. */
  readonly status: number
  /** One line of plain text. */
  readonly text: string
  /** Further fields, written unchanged; type and length of the text are added. @default none */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Decides when to `answer`, or to `cut` the connection without an answer; one of them must be called. @default
   * answers immediately
   */
  readonly send?: (answer: () => void, cut: () => void) => void
}

/** Answers an upgrade with an HTTP error and ends the connection. */
export function refuseUpgrade(stream: Duplex, { status, text, headers, send = atOnce }: UpgradeRefusal): void {
  // The client may be gone, and this stream has no other listener.
  stream.on('error', () => stream.destroy())
  // Only after the answer: a client that keeps its end open must not keep ours.
  stream.once('finish', () => stream.destroy())
  send(
    () => stream.end(textResponse(status, text, headers)),
    () => stream.destroy(),
  )
}

function atOnce(answer: () => void): void {
  answer()
}

/** Builds a whole answer, after which the connection ends. */
export function textResponse(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const body = Buffer.from(`${text}\n`)
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Refused'}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${body.length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}
