import type { TransportCloseReason } from '../link/transport.js'
import { FrameBytes } from './frame-bytes.js'

/** Next item of a stream of frames; `fault` ends it. */
export type StreamFrame =
  | { readonly kind: 'message'; readonly bytes: Uint8Array }
  | { readonly kind: 'close'; readonly bytes: Uint8Array }
  | { readonly kind: 'fault'; readonly reason: TransportCloseReason }

/** Largest body of a close frame, in bytes: a code and the reason of a WebSocket (RFC 6455 §5.5). */
const maxCloseBytes = 125

/** Splits a stream of bytes into the frames of `streamTransport`. */
export class SplitMessages {
  readonly #maxMessageBytes: number
  readonly #frames = new FrameBytes()

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  get isEmpty(): boolean {
    return this.#frames.isEmpty
  }

  push(chunk: Uint8Array): void {
    this.#frames.push(chunk)
  }

  clear(): void {
    this.#frames.clear()
  }

  /** Returns the next frame; undefined while it is incomplete. */
  shift(): StreamFrame | undefined {
    const word = this.#frames.peekLength()
    if (word === undefined) return undefined
    const closes = word >= 0x8000_0000
    const length = closes ? word - 0x8000_0000 : word
    const limit = closes ? maxCloseBytes : this.#maxMessageBytes
    if (length > limit) return { kind: 'fault', reason: tooLarge(length, limit) }
    const bytes = this.#frames.take(length)
    return bytes && { kind: closes ? 'close' : 'message', bytes }
  }
}

/** Close reason for a frame over the limit: 1009 is "message too big" (RFC 6455 §7.4.1). */
function tooLarge(length: number, limit: number): TransportCloseReason {
  return { code: 1009, reason: `the peer announced a frame of ${length} bytes; the limit is ${limit}` }
}
