/** Cuts lines off a stream of bytes. A line ends with LF; a CR before that belongs to its end (RFC 9112 §2.2). */
export class LineReader {
  #held = ''
  #start = 0

  /** Every byte taken since the last {@link release}, one character a byte. */
  get held(): string {
    return this.#held
  }

  /**
   * Takes bytes of `chunk` from `at` on, up to the end of a line.
   *
   * @returns the line without its end, undefined where the chunk ends first; and where the next byte is.
   */
  take(chunk: Buffer, at: number): { readonly line: string | undefined; readonly next: number } {
    const end = chunk.indexOf(lf, at)
    const next = end < 0 ? chunk.length : end + 1
    this.#held += chunk.toString('latin1', at, next)
    if (end < 0) return { line: undefined, next }
    const line = this.#held.slice(this.#start, -1)
    this.#start = this.#held.length
    return { line: line.endsWith('\r') ? line.slice(0, -1) : line, next }
  }

  /** Returns the held bytes and starts again empty. */
  release(): Buffer {
    const bytes = Buffer.from(this.#held, 'latin1')
    this.#held = ''
    this.#start = 0
    return bytes
  }
}

const lf = 0x0a
