/** Smallest buffer worth making, in bytes. */
const minCapacityBytes = 4096

/** Four times what is needed: a mebibyte is reached in four steps, with a third of it copied again on the way. */
const growth = 4

/**
 * Joins chunks. A lone chunk is kept and given back as it came; only a second one costs a buffer, which grows with
 * its content, is given away with it, and so never idles.
 */
export class GatherBuffer {
  readonly #limitBytes: number
  #bytes: Uint8Array | undefined
  /** Whether `#bytes` is a buffer of our own, with room behind `#length`. */
  #owned = false
  #length = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get length(): number {
    return this.#length
  }

  /** Adds a chunk, which must fit: `length` stays within the limit. */
  append(chunk: Uint8Array): void {
    if (this.#bytes === undefined) {
      this.#bytes = chunk
      this.#length = chunk.length
      return
    }
    const bytes = this.#withRoomFor(this.#bytes, chunk.length)
    bytes.set(chunk, this.#length)
    this.#length += chunk.length
  }

  /** Gives away all that was gathered, in one piece, and starts anew. */
  take(): Uint8Array {
    const bytes = this.#bytes ?? new Uint8Array(0)
    const length = this.#length
    this.#bytes = undefined
    this.#owned = false
    this.#length = 0
    if (length === bytes.length) return bytes
    // A queue keeps the chunk's whole buffer alive, so a mostly empty one is not handed out.
    return length * 2 < bytes.length ? bytes.slice(0, length) : bytes.subarray(0, length)
  }

  #withRoomFor(bytes: Uint8Array, extra: number): Uint8Array {
    const needed = this.#length + extra
    if (this.#owned && needed <= bytes.length) return bytes
    const grown = new Uint8Array(
      Math.max(needed, Math.min(this.#limitBytes, Math.max(minCapacityBytes, needed * growth))),
    )
    grown.set(bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#owned = true
    return grown
  }
}
