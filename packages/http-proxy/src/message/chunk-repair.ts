import { LineReader } from './line-reader.js'
import { isFieldName, parseField } from './repair-head.js'

/** Longest line with the size of a chunk, extensions included, in bytes: the limit of Node's parser. */
const maxSizeLineBytes = 16_384

/**
 * Reads a chunked body (RFC 9112 §7.1) and writes it again: without extensions, with CRLF for bare LF, and with
 * well-formed trailers. It passes on unchanged what it cannot read, for the strict parser to refuse.
 */
export class ChunkRepair {
  readonly #lines = new LineReader()
  readonly #maxTrailerBytes: number
  #state: 'size' | 'data' | 'data-end' | 'trailers' | 'over' | 'unreadable' = 'size'
  /** Bytes of the current chunk that have not arrived yet. */
  #left = 0

  constructor(maxTrailerBytes: number) {
    this.#maxTrailerBytes = maxTrailerBytes
  }

  /** Whether the last trailer has arrived. */
  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** Reads `chunk` from `at` on, writes to `out`, and returns the position where the body or the chunk ends. */
  read(chunk: Buffer, at: number, out: Buffer[]): number {
    let next = at
    while (next < chunk.length && !this.isOver) {
      if (this.#state === 'data') next = this.#readData(chunk, next, out)
      else if (this.#state === 'unreadable') next = passOn(chunk, next, out)
      else next = this.#readLine(chunk, next, out)
    }
    return next
  }

  /** Returns the held bytes at the end of the connection. */
  release(): Buffer {
    return this.#lines.release()
  }

  #readData(chunk: Buffer, at: number, out: Buffer[]): number {
    const piece = chunk.subarray(at, at + this.#left)
    this.#left -= piece.length
    out.push(piece)
    if (this.#left === 0) this.#state = 'data-end'
    return at + piece.length
  }

  #readLine(chunk: Buffer, at: number, out: Buffer[]): number {
    const { line, next } = this.#lines.take(chunk, at)
    const limit = this.#state === 'trailers' ? this.#maxTrailerBytes : maxSizeLineBytes
    const text = this.#lines.heldBytes > limit ? undefined : line === undefined ? '' : this.#repair(line)
    if (text === undefined) return this.#giveUp(next, out)
    if (line === undefined) return next
    // Trailers are held until the last one has arrived, so that one limit applies to all of them together.
    if (this.#state !== 'trailers' || line === '') this.#lines.release()
    if (text !== '') out.push(Buffer.from(text, 'latin1'))
    return next
  }

  /** Returns the repaired line; undefined for an invalid one. */
  #repair(line: string): string | undefined {
    if (this.#state === 'size') return this.#repairSize(line)
    if (this.#state === 'data-end') {
      this.#state = 'size'
      return line === '' ? '\r\n' : undefined
    }
    if (line === '') {
      this.#state = 'over'
      return '\r\n'
    }
    const [name = '', value = ''] = parseField(line) ?? []
    return isFieldName(name) ? `${name}: ${value}\r\n` : ''
  }

  #repairSize(line: string): string | undefined {
    const digits = /^0*(?<digits>[0-9a-f]{1,13})[ \t]*(?:;.*)?$/i.exec(line)?.groups?.['digits']
    if (digits === undefined) return undefined
    this.#left = Number.parseInt(digits, 16)
    this.#state = this.#left === 0 ? 'trailers' : 'data'
    return `${digits}\r\n`
  }

  #giveUp(next: number, out: Buffer[]): number {
    this.#state = 'unreadable'
    out.push(this.#lines.release())
    return next
  }
}

/** Passes on the rest of `chunk`. */
function passOn(chunk: Buffer, at: number, out: Buffer[]): number {
  out.push(chunk.subarray(at))
  return chunk.length
}
