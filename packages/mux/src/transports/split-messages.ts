import type { TransportCloseReason } from '../link/transport.js'

/** Next item of a stream of frames; `fault` ends it. */
export type StreamFrame =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly bytes: Uint8Array }
  | { readonly kind: 'fault'; readonly reason: TransportCloseReason }

/** Size of the length field before each frame, in bytes. */
const headerBytes = 4

/** Largest body of a close frame, in bytes: a code and the reason of a WebSocket (RFC 6455 §5.5). */
const maxCloseBytes = 125

/**
 * Splits a stream of bytes into the frames of `streamTransport`; the result does not depend on the sizes of the chunks.
 */
export class SplitMessages {
  readonly #maxMessageBytes: number
  #chunks: Uint8Array[] = []
  #bytes = 0

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  clear(): void {
    this.#chunks = []
    this.#bytes = 0
  }

  /** Returns the next frame; undefined while it is incomplete. */
  shift(): StreamFrame | undefined {
    if (this.#bytes < headerBytes) return undefined
    const header = this.#gather(headerBytes)
    const word = new DataView(header.buffer, header.byteOffset, headerBytes).getUint32(0)
    const closes = word >= 0x8000_0000
    const length = closes ? word - 0x8000_0000 : word
    const limit = closes ? maxCloseBytes : this.#maxMessageBytes
    if (length > limit) return { kind: 'fault', reason: tooLarge(length, limit) }
    if (this.#bytes < headerBytes + length) return undefined
    const frame = this.#gather(headerBytes + length)
    this.#drop(headerBytes + length)
    return { kind: closes ? 'close' : 'message', bytes: frame.subarray(headerBytes) }
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

/** Close reason for a frame over the limit: 1009 is "message too big" (RFC 6455 §7.4.1). */
function tooLarge(length: number, limit: number): TransportCloseReason {
  return { code: 1009, reason: `the peer announced a frame of ${length} bytes; the limit is ${limit}` }
}
