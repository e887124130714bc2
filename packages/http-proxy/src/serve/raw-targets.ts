import { randomBytes } from 'node:crypto'

/** A request line up to a byte within its path or query: the only place where we accept bytes above 0x7F. */
const beforeRawByte = /^[A-Z-]{1,32} (?:http:\/\/[^\s/?#]+[/?]|\/)\S*$/i

/** A whole request line behind which a body may be counted. */
const wholeLine = /^[A-Z-]{1,32} \S+ HTTP\/1\.[01]\r\n$/

const rawByte = /[\u0080-\u00ff]/

type State = 'line' | 'hidden' | 'fields' | 'body' | 'as-it-is'

/**
 * Handles bytes above 0x7F in request targets. RFC 3986 has none, but curl and old programs send them, and origins
 * accept them. Node's parser always refuses them. So they are hidden before the parser and restored after it: from the
 * first of them on, a target becomes a mark and hexadecimal digits. No client can guess the mark.
 *
 * Nothing else changes. A line that may not be a request line stays as it is: after a head with Transfer-Encoding or
 * Upgrade, after CONNECT, and after anything a strict parser may refuse.
 */
export class RawTargets {
  readonly #maxHeadBytes: number
  #mark: string | undefined
  #state: State = 'line'
  /** The part of a request line, or of the fields after it, that has arrived; one character a byte. */
  #text = ''
  #bodyLeft = 0

  constructor(options: { readonly maxHeadBytes: number }) {
    this.#maxHeadBytes = options.maxHeadBytes
  }

  /** Accepts bytes of the client, and returns bytes for the parser: `chunk` itself if nothing is hidden. */
  feed(chunk: Buffer): Buffer {
    const out: Buffer[] = []
    let copied = 0
    let at = 0
    while (at < chunk.length && this.#state !== 'as-it-is') {
      const hidden = this.#state === 'hidden'
      const end = this.#step(chunk, at)
      if (hidden) {
        out.push(chunk.subarray(copied, at), Buffer.from(chunk.toString('hex', at, end)))
        copied = end
      } else if ((this.#state as State) === 'hidden') {
        out.push(chunk.subarray(copied, end), Buffer.from(this.#mark ?? ''))
        copied = end
      }
      at = end
    }
    return copied === 0 && out.length === 0 ? chunk : Buffer.concat([...out, chunk.subarray(copied)])
  }

  /** Returns the target as the client sent it, one character a byte; `target` is the text that the parser got. */
  restore(target: string): string {
    const at = this.#mark === undefined ? -1 : target.indexOf(this.#mark)
    if (at < 0 || this.#mark === undefined) return target
    return target.slice(0, at) + Buffer.from(target.slice(at + this.#mark.length), 'hex').toString('latin1')
  }

  /** Reads from `at` on in the current state, and returns the position where the next state begins. */
  #step(chunk: Buffer, at: number): number {
    if (this.#state === 'line') return this.#readLine(chunk, at)
    if (this.#state === 'hidden') return this.#readHidden(chunk, at)
    if (this.#state === 'fields') return this.#readFields(chunk, at)
    return this.#readBody(chunk, at)
  }

  #readLine(chunk: Buffer, at: number): number {
    const feed = chunk.indexOf(0x0a, at)
    const end = feed < 0 ? chunk.length : feed + 1
    const piece = chunk.toString('latin1', at, end)
    const raw = piece.search(rawByte)
    if (raw >= 0 && beforeRawByte.test(this.#text + piece.slice(0, raw))) {
      this.#text += piece.slice(0, raw)
      this.#mark ??= `~${randomBytes(12).toString('base64url')}~`
      this.#state = 'hidden'
      return at + raw
    }
    this.#text += piece
    if (feed >= 0) this.#endLine()
    else this.#checkSize()
    return end
  }

  #endLine(): void {
    const line = this.#text
    this.#text = ''
    if (line === '\r\n') return
    const isCounted = wholeLine.test(line) && !line.startsWith('CONNECT ')
    this.#state = isCounted ? 'fields' : 'as-it-is'
    this.#text = isCounted ? '\r\n' : ''
  }

  #readHidden(chunk: Buffer, at: number): number {
    for (let end = at; end < chunk.length; end++) {
      const byte = chunk[end] as number
      if (byte > 0x20 && byte !== 0x7f) continue
      this.#state = 'line'
      return end
    }
    return chunk.length
  }

  #readFields(chunk: Buffer, at: number): number {
    const before = this.#text.length
    this.#text += chunk.toString('latin1', at, Math.min(chunk.length, at + this.#maxHeadBytes))
    const end = this.#text.indexOf('\r\n\r\n', Math.max(0, before - 3))
    if (end < 0) {
      this.#checkSize()
      return chunk.length
    }
    const length = bodyLength(this.#text.slice(0, end + 2))
    this.#text = ''
    this.#bodyLeft = length ?? 0
    this.#state = length === undefined ? 'as-it-is' : length > 0 ? 'body' : 'line'
    return at + end + 4 - before
  }

  #readBody(chunk: Buffer, at: number): number {
    const taken = Math.min(this.#bodyLeft, chunk.length - at)
    this.#bodyLeft -= taken
    if (this.#bodyLeft === 0) this.#state = 'line'
    return at + taken
  }

  /** Stops changing bytes when the head is too large: the parser refuses it. */
  #checkSize(): void {
    if (this.#text.length <= this.#maxHeadBytes) return
    this.#text = ''
    this.#state = 'as-it-is'
  }
}

/** Returns the length of the body after `fields`, each with CRLF on both sides; undefined where it is uncertain. */
function bodyLength(fields: string): number | undefined {
  if (/\r\n(?:transfer-encoding|upgrade)/i.test(fields)) return undefined
  const named = fields.match(/content-length/gi) ?? []
  if (named.length === 0) return 0
  const counted = /\r\ncontent-length:[ \t]*(?<length>\d{1,15})[ \t]*\r\n/i.exec(fields)?.groups
  return named.length === 1 && counted !== undefined ? Number(counted['length']) : undefined
}
