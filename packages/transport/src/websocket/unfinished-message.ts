import { processFramePool } from '@ls/mux/frames'
import { copyUnmasked, unmask } from './mask.js'

/** A message of which only a part has arrived. */
export class UnfinishedMessage {
  readonly #key: Uint8Array | undefined
  readonly #length: number
  /**
   * Memory of the message. If it is longer than any of ours, the memory grows with the arriving bytes, since its peer
   * may never send all of it.
   */
  #memory: Uint8Array
  #filled = 0

  private constructor(key: Uint8Array | undefined, length: number, memory: Uint8Array) {
    this.#key = key && new Uint8Array(key)
    this.#length = length
    this.#memory = memory
  }

  /** Begins a message of `length` bytes, masked with `key` where there is one, whose first `piece` has arrived. */
  static begin(key: Uint8Array | undefined, length: number, piece: Uint8Array): UnfinishedMessage {
    // Until more than a header has arrived, the announced length is not trusted: announcing a message costs a peer
    // nothing.
    const believedBytes = piece.length < minBelievedBytes ? minBelievedBytes : processFramePool.frameBytes
    const message = new UnfinishedMessage(key, length, processFramePool.take(Math.min(length, believedBytes)))
    message.fill(piece)
    return message
  }

  /** Begins a message that is to be wholly in `memory`, which has its first `filled` bytes already. */
  static within(memory: Uint8Array, key: Uint8Array | undefined, filled: number): UnfinishedMessage {
    const message = new UnfinishedMessage(key, memory.length, memory)
    message.filled(filled)
    return message
  }

  /** Memory that it takes now, in bytes; 0 for a message that is no longer than our own ones. */
  get longBytes(): number {
    return this.#length > processFramePool.frameBytes ? this.#memory.length : 0
  }

  /** The message, once it is complete; undefined before. */
  get complete(): Uint8Array | undefined {
    return this.#filled === this.#length ? this.#memory : undefined
  }

  /**
   * Memory to read the rest into, reported to {@link filled} afterwards; undefined where a read for this message alone
   * would not pay off.
   */
  get room(): Uint8Array | undefined {
    const isWhole = this.#memory.length === this.#length && processFramePool.owns(this.#memory)
    return isWhole ? this.#memory.subarray(this.#filled) : undefined
  }

  /** Adds the part of `bytes` that belongs to the message; returns its length. */
  fill(bytes: Uint8Array): number {
    const piece = bytes.subarray(0, this.#length - this.#filled)
    const end = this.#filled + piece.length
    if (end > this.#memory.length) this.#grow(end)
    copyUnmasked(piece, this.#key, this.#memory, this.#filled)
    this.#filled = end
    return piece.length
  }

  /** Called when that many bytes have been read into {@link room}. */
  filled(bytes: number): void {
    const end = this.#filled + bytes
    if (this.#key !== undefined) unmask(this.#memory.subarray(this.#filled, end), this.#key, this.#filled)
    this.#filled = end
  }

  /** Copies the message to other memory, since the current one is still used for a read. */
  moved(): UnfinishedMessage {
    const memory = processFramePool.take(this.#memory.length)
    memory.set(this.#memory.subarray(0, this.#filled))
    const message = new UnfinishedMessage(this.#key, this.#length, memory)
    message.#filled = this.#filled
    return message
  }

  /** Returns its memory to the pool: no more reads go to it. */
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

/** Bytes of a message from which on memory for the whole message is allocated, up to the size of one of ours. */
const minBelievedBytes = 4096

/** Growth factor: a mebibyte is reached in two steps, with a third of it copied again. */
const growth = 4
