/** Size of the length field before each frame, in bytes. */
const lengthBytes = 4

/**
 * Received bytes of a stream in which each frame has its length before it, 4 bytes, big-endian. The owner reads the
 * length, decides whether it allows it, then takes the frame. What it gets does not depend on the sizes of the chunks.
 */
export class FrameBytes {
  #chunks: Uint8Array[] = []
  #bytes = 0

  /** Whether no bytes wait. */
  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  /** Adds received bytes; they belong to the frames from now on. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** Drops the bytes that are left. */
  clear(): void {
    this.#chunks = []
    this.#bytes = 0
  }

  /** Length field of the next frame; undefined while it is incomplete. */
  peekLength(): number | undefined {
    if (this.#bytes < lengthBytes) return undefined
    const field = this.#gather(lengthBytes)
    return new DataView(field.buffer, field.byteOffset, lengthBytes).getUint32(0)
  }

  /** Removes the next frame and returns its `length` bytes, without the field; undefined while it is incomplete. */
  take(length: number): Uint8Array | undefined {
    const end = lengthBytes + length
    if (this.#bytes < end) return undefined
    const frame = this.#gather(end)
    this.#drop(end)
    return frame.subarray(lengthBytes)
  }

  /** Returns the first `length` bytes in one piece, without removing them. */
  #gather(length: number): Uint8Array {
    const [first] = this.#chunks
    if (first !== undefined && first.length >= length) return first.subarray(0, length)
    const whole = Buffer.concat(this.#chunks, this.#bytes)
    this.#chunks = [whole]
    return whole.subarray(0, length)
  }

  #drop(length: number): void {
    const [first, ...rest] = this.#chunks
    const left = first!.subarray(length)
    this.#chunks = left.length > 0 ? [left, ...rest] : rest
    this.#bytes -= length
  }
}
