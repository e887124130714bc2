import { processFramePool } from '@ls/mux'
import { copyUnmasked, unmask } from './mask.js'

/** A message of which only a part has come. */
export class UnfinishedMessage {
  readonly #key: Uint8Array | undefined
  readonly #length: number
  /** Where it is put together. One longer than any of ours grows with what comes, since its peer may never send it. */
  #memory: Uint8Array
  #filled = 0

  private constructor(key: Uint8Array | undefined, length: number, memory: Uint8Array) {
    this.#key = key && new Uint8Array(key)
    this.#length = length
    this.#memory = memory
  }

  /** A message of `length` bytes, masked with `key` where there is one, whose first `piece` has come. */
  static begin(key: Uint8Array | undefined, length: number, piece: Uint8Array): UnfinishedMessage {
    // Until more than a header has come, a peer is not believed: announcing a message costs it nothing.
    const believedBytes = piece.length < minBelievedBytes ? minBelievedBytes : processFramePool.frameBytes
    const message = new UnfinishedMessage(key, length, processFramePool.take(Math.min(length, believedBytes)))
    message.fill(piece)
    return message
  }

  /** A message that is to be in `memory`, all of it, where the first `filled` bytes are already. */
  static within(memory: Uint8Array, key: Uint8Array | undefined, filled: number): UnfinishedMessage {
    const message = new UnfinishedMessage(key, memory.length, memory)
    message.filled(filled)
    return message
  }

  /** The message, once it is complete. */
  get complete(): Uint8Array | undefined {
    return this.#filled === this.#length ? this.#memory : undefined
  }

  /**
   * Where the rest can be read into, to be reported to {@link filled}; undefined where a read for this message alone
   * would not be worth while.
   */
  get room(): Uint8Array | undefined {
    const isWhole = this.#memory.length === this.#length && processFramePool.owns(this.#memory)
    return isWhole ? this.#memory.subarray(this.#filled) : undefined
  }

  /** Adds what of `bytes` belongs to it; returns how many that were. */
  fill(bytes: Uint8Array): number {
    const piece = bytes.subarray(0, this.#length - this.#filled)
    const end = this.#filled + piece.length
    if (end > this.#memory.length) this.#grow(end)
    copyUnmasked(piece, this.#key, this.#memory, this.#filled)
    this.#filled = end
    return piece.length
  }

  /** That many bytes have been read into {@link room}. */
  filled(bytes: number): void {
    const end = this.#filled + bytes
    if (this.#key !== undefined) unmask(this.#memory.subarray(this.#filled, end), this.#key, this.#filled)
    this.#filled = end
  }

  /** The same in other memory: this one still is where someone reads to. */
  moved(): UnfinishedMessage {
    const memory = processFramePool.take(this.#memory.length)
    memory.set(this.#memory.subarray(0, this.#filled))
    const message = new UnfinishedMessage(this.#key, this.#length, memory)
    message.#filled = this.#filled
    return message
  }

  /** No more reads go to its memory. */
  discard(): void {
    processFramePool.give(this.#memory)
  }

  #grow(neededBytes: number): void {
    const enough =
      this.#length <= processFramePool.frameBytes ? this.#length : Math.max(neededBytes, this.#memory.length * growth)
    const larger = processFramePool.take(Math.min(this.#length, enough))
    larger.set(this.#memory.subarray(0, this.#filled))
    processFramePool.give(this.#memory)
    this.#memory = larger
  }
}

/** Bytes of a message from which on memory is set aside for all of it, up to one of ours. */
const minBelievedBytes = 4096

/** A mebibyte is reached in two steps, with a third of it copied again on the way. */
const growth = 4
