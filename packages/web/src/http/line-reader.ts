import type { WebError } from '../errors.js'

/** Makes the error ERR_WEB_HTTP. A page has its class already, and loads this code later (decision 115). */
export type HttpFailure = (text: string) => WebError

/** Largest head of a response, in bytes: status line, fields and trailers. */
const maxHeadBytes = 65_536

/** Longest line with the size of a chunk, with its extensions, in bytes. */
const maxChunkLineBytes = 4096

/** Reads lines and counted bytes from a stream. */
export class LineReader {
  /** Makes the error for a response that is malformed. */
  readonly fail: HttpFailure
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  #rest: Uint8Array = new Uint8Array()
  #headBytes = 0

  constructor(readable: ReadableStream<Uint8Array>, fail: HttpFailure) {
    this.fail = fail
    this.#reader = readable.getReader()
  }

  /**
   * Reads the next line without its end, CR LF or a bare LF (RFC 9112 §2.2).
   *
   * @throws WebError ERR_WEB_HTTP where the stream ends before, or the head is too long
   */
  async line(): Promise<string> {
    const limitBytes = maxHeadBytes - this.#headBytes
    const bytes = await this.#lineBytes(limitBytes)
    if (bytes === undefined) {
      throw this.fail(`the head of the response is longer than ${maxHeadBytes} bytes`)
    }
    this.#headBytes += bytes.length + 1
    return textOfLine(bytes)
  }

  /**
   * Reads the next line within a body in chunks. Its length does not count for the limit of the head: a body may have
   * any number of them.
   *
   * @throws WebError ERR_WEB_HTTP where the stream ends before, or the line is too long
   */
  async chunkLine(): Promise<string> {
    const bytes = await this.#lineBytes(maxChunkLineBytes)
    if (bytes !== undefined) return textOfLine(bytes)
    throw this.fail(`the line before a chunk is longer than ${maxChunkLineBytes} bytes`)
  }

  /** Reads the next bytes, at most `limit`; undefined at the end of the stream. */
  async bytes(limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#rest.length === 0 && !(await this.#more())) return undefined
    const taken = this.#rest.subarray(0, limit)
    this.#rest = this.#rest.subarray(taken.length)
    return taken as Uint8Array<ArrayBuffer>
  }

  /** Cancels the connection. */
  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason)
  }

  /** Reads a line without its line feed; undefined if it is longer than the limit. */
  async #lineBytes(limitBytes: number): Promise<Uint8Array | undefined> {
    let searched = 0
    for (;;) {
      const end = this.#rest.indexOf(lf, searched)
      if (end >= limitBytes || (end < 0 && this.#rest.length > limitBytes)) return undefined
      if (end >= 0) {
        const line = this.#rest.subarray(0, end)
        this.#rest = this.#rest.subarray(end + 1)
        return line
      }
      searched = this.#rest.length
      if (!(await this.#more())) throw this.fail('the server closed the connection within its head')
    }
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

/** Decodes a line; fields are Latin-1 (RFC 9110 §5.5). */
function textOfLine(bytes: Uint8Array): string {
  const line = bytes.at(-1) === cr ? bytes.subarray(0, -1) : bytes
  return Array.from(line, (byte) => String.fromCharCode(byte)).join('')
}
