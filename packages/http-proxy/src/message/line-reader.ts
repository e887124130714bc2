/** Cuts lines off a stream of bytes. A line ends with LF; a CR before that belongs to its end (RFC 9112 §2.2). */
export class LineReader {
  /** Kept apart: one text would be copied for each line that is cut off it. */
  #lines: string[] = []
  #begun = ''
  #heldBytes = 0

  /** Number of all bytes taken since the last {@link release}. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /**
   * Takes bytes of `chunk` from `at` on, up to the end of a line.
   *
   * @returns the line without its end, undefined where the chunk ends first; and where the next byte is.
   */
  take(chunk: Buffer, at: number): { readonly line: string | undefined; readonly next: number } {
    const end = chunk.indexOf(lf, at)
    const next = end < 0 ? chunk.length : end + 1
    this.#heldBytes += next - at
    this.#begun += chunk.toString('latin1', at, next)
    if (end < 0) return { line: undefined, next }
    const line = this.#begun
    this.#begun = ''
    this.#lines.push(line)
    return { line: line.slice(0, line.endsWith('\r\n') ? -2 : -1), next }
  }

  /** Returns the held bytes and starts again empty. */
  release(): Buffer {
    const bytes = Buffer.from(this.#lines.join('') + this.#begun, 'latin1')
    this.#lines = []
    this.#begun = ''
    this.#heldBytes = 0
    return bytes
  }
}

const lf = 0x0a
