/** Smallest buffer, in bytes. */
const minCapacityBytes = 4096

/** Growth factor of the buffer: it reaches a mebibyte in four steps, with a third of it copied again. */
const growth = 4

/**
 * Joins chunks. A single chunk is kept and returned unchanged; only a second one needs a buffer. The buffer grows with
 * its content and is returned with it, so no idle buffer remains.
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

  /** Returns all gathered bytes in one piece, and starts again empty. */
  take(): Uint8Array {
    const bytes = this.#bytes ?? new Uint8Array(0)
    const length = this.#length
    this.#bytes = undefined
    this.#owned = false
    this.#length = 0
    if (length === bytes.length) return bytes
    // A queue keeps the chunk's whole buffer in memory, so a mostly empty one is not returned.
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
