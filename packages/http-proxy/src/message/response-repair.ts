import { ChunkRepair } from './chunk-repair.js'
import { LineReader } from './line-reader.js'
import { repairHead, type ResponseBody } from './repair-head.js'

/**
 * Repairs responses in front of Node's strict parser, to the form of RFC 9112: it rewrites heads and chunk framing, and
 * drops bytes after the end of a response. Payload passes unchanged.
 */
export class ResponseRepair {
  readonly #maxHeadBytes: number
  readonly #lines = new LineReader()
  #state: 'between' | 'head' | 'counted' | 'chunked' | 'over' | 'as-it-is' = 'between'
  #method = ''
  #head: string[] = []
  #left = 0
  #chunks: ChunkRepair | undefined
  #isLast = false

  constructor(options: { readonly maxHeadBytes: number }) {
    this.#maxHeadBytes = options.maxHeadBytes
  }

  /** Whether the connection must not be used again, because the end of a response was uncertain. */
  get isLast(): boolean {
    return this.#isLast
  }

  /** Called when the next bytes answer a request with this method. */
  expect(method: string): void {
    this.#method = method
    this.#state = 'head'
  }

  /** Called when no response is expected: bytes are then passed on unchanged. */
  rest(): void {
    this.#state = 'between'
  }

  /** Accepts bytes of the origin, and returns bytes for the parser. */
  feed(chunk: Buffer): Buffer[] {
    const out: Buffer[] = []
    let at = 0
    while (at < chunk.length) at = this.#step(chunk, at, out)
    return out
  }

  /** Returns the held bytes at the end of the connection: part of a head, or of chunk framing. */
  flush(): Buffer {
    return this.#chunks?.release() ?? this.#lines.release()
  }

  #step(chunk: Buffer, at: number, out: Buffer[]): number {
    if (this.#state === 'head') return this.#readHead(chunk, at, out)
    if (this.#state === 'chunked') return this.#readChunks(chunk, at, out)
    if (this.#state === 'counted') return this.#readCounted(chunk, at, out)
    if (this.#state === 'over') this.#isLast = true
    else out.push(chunk.subarray(at))
    return chunk.length
  }

  #readHead(chunk: Buffer, at: number, out: Buffer[]): number {
    const { line, next } = this.#lines.take(chunk, at)
    if (this.#lines.heldBytes > this.#maxHeadBytes) this.#giveUp(out)
    else if (line === '' && this.#head.length > 0) this.#endHead(out)
    // Blank lines before the head are skipped, as Node's parser skips them.
    else if (line !== undefined && line !== '') this.#head.push(line)
    return next
  }

  #endHead(out: Buffer[]): void {
    const head = repairHead(this.#head, this.#method)
    if (head === undefined) return this.#giveUp(out)
    this.#head = []
    this.#lines.release()
    out.push(Buffer.from(head.text, 'latin1'))
    if (head.isInformational) return
    if (head.isLast) this.#isLast = true
    this.#begin(head.body)
  }

  #begin(body: ResponseBody): void {
    this.#chunks = undefined
    if (body.kind === 'chunked') {
      this.#chunks = new ChunkRepair(this.#maxHeadBytes)
      this.#state = 'chunked'
    } else if (body.kind === 'counted') {
      this.#left = body.bytes
      this.#state = body.bytes === 0 ? 'over' : 'counted'
    } else this.#state = body.kind === 'none' ? 'over' : 'as-it-is'
  }

  #readCounted(chunk: Buffer, at: number, out: Buffer[]): number {
    const piece = chunk.subarray(at, at + this.#left)
    this.#left -= piece.length
    if (this.#left === 0) this.#state = 'over'
    out.push(piece)
    return at + piece.length
  }

  #readChunks(chunk: Buffer, at: number, out: Buffer[]): number {
    const next = this.#chunks?.read(chunk, at, out) ?? chunk.length
    if (this.#chunks?.isOver === true) this.#state = 'over'
    return next
  }

  /** Passes on bytes that cannot be repaired; the strict parser refuses them with a reason. */
  #giveUp(out: Buffer[]): void {
    this.#state = 'as-it-is'
    this.#isLast = true
    this.#head = []
    out.push(this.#lines.release())
  }
}
