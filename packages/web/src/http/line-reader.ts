import { WebError } from '../errors.js'

/** Largest head of a response, in bytes: status line, fields and trailers. */
const maxHeadBytes = 65_536

/** Reads lines and counted bytes from a stream. */
export class LineReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  #headBytes = 0

  constructor(readable: ReadableStream<Uint8Array>) {
    this.#reader = readable.getReader()
  }

  /**
   * The next line without its end, CR LF or a bare LF (RFC 9112 §2.2).
   *
   * @throws WebError ERR_WEB_HTTP where the stream ends before, or the head is too long
   */
  async line(): Promise<string> {
    let searched = 0
    for (;;) {
      const end = this.#rest.indexOf(lf, searched)
      if (end >= 0) return this.#takeLine(end)
      searched = this.#rest.length
      if (this.#headBytes + searched > maxHeadBytes) throw headTooLong()
      if (!(await this.#more())) throw new WebError('ERR_WEB_HTTP', 'the server closed the connection within its head')
    }
  }

  /** The next bytes, at most `limit`; undefined at the end of the stream. */
  async bytes(limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#rest.length === 0 && !(await this.#more())) return undefined
    const taken = this.#rest.subarray(0, limit)
    this.#rest = this.#rest.subarray(taken.length)
    return taken as Uint8Array<ArrayBuffer>
  }

  /** Gives the connection up. */
  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason)
  }

  #takeLine(end: number): string {
    this.#headBytes += end + 1
    if (this.#headBytes > maxHeadBytes) throw headTooLong()
    const length = end > 0 && this.#rest[end - 1] === cr ? end - 1 : end
    // Fields are Latin-1 (RFC 9110 §5.5).
    const line = Array.from(this.#rest.subarray(0, length), (byte) => String.fromCharCode(byte)).join('')
    this.#rest = this.#rest.subarray(end + 1)
    return line
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#reader.read()
    if (done) return false
    const joined = new Uint8Array(this.#rest.length + value.length)
    joined.set(this.#rest)
    joined.set(value, this.#rest.length)
    this.#rest = joined
    return true
  }
}

const lf = 10
const cr = 13

function headTooLong(): WebError {
  return new WebError('ERR_WEB_HTTP', `the head of the response is longer than ${maxHeadBytes} bytes`)
}
