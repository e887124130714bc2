import { processFramePool } from '../memory/frame-pool.js'

/** Size of the length field before each frame, in bytes. */
const lengthBytes = 4

/**
 * Bytes of a frame from which on memory for the whole frame is taken: until more than a header has arrived, the
 * announced length is not trusted, since announcing a frame costs a peer nothing.
 */
const minBelievedBytes = 4096

/**
 * Received bytes of a stream in which each frame has its length before it, 4 bytes, big-endian. The owner reads the
 * length, decides whether it allows it, then takes the frame. What it gets does not depend on the sizes of the chunks.
 *
 * A frame as long as those of bulk is put together in memory of the pool: TLS delivers 16 KiB at a time, and joining
 * these in new memory each time makes garbage (see `FramePool`).
 */
export class FrameBytes {
  #chunks: Uint8Array[] = []
  #bytes = 0
  /** Frame whose first part has arrived, and how much of it. */
  #frame: Uint8Array | undefined
  #filled = 0
  /** Length field of that frame. */
  #length = 0

  /** Whether no bytes wait. */
  get isEmpty(): boolean {
    return this.#bytes === 0 && this.#frame === undefined
  }

  /** Adds received bytes; they belong to the frames from now on. */
  push(chunk: Uint8Array): void {
    const used = this.#frame === undefined ? 0 : this.#fill(this.#frame, chunk)
    if (used === chunk.length) return
    this.#chunks.push(used === 0 ? chunk : chunk.subarray(used))
    this.#bytes += chunk.length - used
  }

  /** Drops the bytes that are left. */
  clear(): void {
    this.#chunks = []
    this.#bytes = 0
    if (this.#frame !== undefined) processFramePool.give(this.#frame)
    this.#frame = undefined
  }

  /** Length field of the next frame; undefined while it is incomplete. */
  peekLength(): number | undefined {
    if (this.#frame !== undefined) return this.#length
    if (this.#bytes < lengthBytes) return undefined
    const field = this.#gather(lengthBytes)
    return new DataView(field.buffer, field.byteOffset, lengthBytes).getUint32(0)
  }

  /** Removes the next frame and returns its `length` bytes, without the field; undefined while it is incomplete. */
  take(length: number): Uint8Array | undefined {
    if (this.#frame !== undefined) return this.#takeFilled(this.#frame)
    const end = lengthBytes + length
    if (this.#bytes < end) {
      if (this.#bytes >= minBelievedBytes && processFramePool.fits(length)) this.#begin(length)
      return undefined
    }
    const frame = this.#gather(end)
    this.#drop(end)
    return frame.subarray(lengthBytes)
  }

  /** Begins a frame of which all waiting bytes are the first part. */
  #begin(length: number): void {
    this.#length = length
    this.#frame = processFramePool.take(length)
    this.#filled = 0
    const chunks = this.#chunks
    this.#chunks = []
    this.#bytes = 0
    let skipped = lengthBytes
    for (const chunk of chunks) {
      const start = Math.min(skipped, chunk.length)
      skipped -= start
      this.#fill(this.#frame, chunk.subarray(start))
    }
  }

  /** Adds the part of `chunk` that belongs to the frame; returns its length. */
  #fill(frame: Uint8Array, chunk: Uint8Array): number {
    const piece = this.#filled + chunk.length > frame.length ? chunk.subarray(0, frame.length - this.#filled) : chunk
    frame.set(piece, this.#filled)
    this.#filled += piece.length
    return piece.length
  }

  #takeFilled(frame: Uint8Array): Uint8Array | undefined {
    if (this.#filled < frame.length) return undefined
    this.#frame = undefined
    return frame
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
