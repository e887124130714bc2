import { Duplex } from 'node:stream'
import { carryResets } from '@ls/dial'
import { ResponseRepair } from '../message/response-repair.js'

/** Most pieces of one read that are queued as they are: those of two chunks. More are small, and are copied. */
const maxPieces = 8

/** A connection to an origin, whose responses are repaired on the way to Node's parser. */
export class OriginStream extends Duplex {
  readonly #inner: Duplex
  readonly #repair: ResponseRepair

  constructor(inner: Duplex, options: { readonly maxHeadBytes: number }) {
    super({ allowHalfOpen: true })
    this.#inner = inner
    this.#repair = new ResponseRepair(options)
    carryResets(this, inner)
    inner.on('data', (chunk: Buffer) => this.#give(this.#repair.feed(chunk)))
    inner.on('end', () => {
      this.#give([this.#repair.flush()])
      this.push(null)
    })
    inner.on('error', (error) => this.destroy(error))
    inner.on('close', () => this.destroy())
    inner.pause()
  }

  /** Whether the connection may carry another request. */
  get isReusable(): boolean {
    return !this.#repair.isLast
  }

  /** Called when the next bytes are the response to a request with this method. */
  expectResponse(method: string): void {
    this.#repair.expect(method)
  }

  /** Called when no more responses are expected. */
  rest(): void {
    this.#repair.rest()
  }

  override _read(): void {
    this.#inner.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#inner.write(chunk, encoding, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#inner.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    // Errors after the close have no receiver.
    this.#inner.on('error', () => {})
    this.#inner.destroy()
    done(error)
  }

  #give(pieces: readonly Buffer[]): void {
    let wantsMore = true
    // One object for many small pieces: the queue of a stream counts bytes only.
    for (const piece of pieces.length > maxPieces ? [Buffer.concat(pieces)] : pieces)
      if (piece.length > 0) wantsMore = this.push(piece)
    if (!wantsMore) this.#inner.pause()
  }
}
