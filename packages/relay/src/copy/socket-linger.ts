import type { Duplex } from 'node:stream'

/**
 * Watches a stream that writes the rest of its bytes after its channel is gone, and calls `cut` when it has written
 * nothing for `quietMs` milliseconds: a slow application gets all bytes, and a stuck one does not keep memory forever.
 */
export class SocketLinger {
  readonly #stream: Duplex
  readonly #cut: () => void
  readonly #timer: NodeJS.Timeout
  #leftBytes: number

  constructor(stream: Duplex, quietMs: number, cut: () => void) {
    this.#stream = stream
    this.#cut = cut
    this.#leftBytes = leftBytesOf(stream)
    this.#timer = setInterval(() => this.#check(), quietMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    const leftBytes = leftBytesOf(this.#stream)
    if (leftBytes === this.#leftBytes) {
      this.stop()
      this.#cut()
    }
    this.#leftBytes = leftBytes
  }
}

/**
 * Measure of the bytes that are still to be written. A stream counts a piece until all of it is written, which takes a
 * slow reader long; libuv counts the bytes that the system has not taken.
 */
function leftBytesOf(stream: Duplex): number {
  const { _handle: handle } = stream as Duplex & { readonly _handle?: { readonly writeQueueSize?: number } | null }
  return stream.writableLength + (handle?.writeQueueSize ?? 0)
}
