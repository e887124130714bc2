import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Most requests of one connection whose answers are not sent. Browsers and reverse proxies send one after the other.
 * Node parses all bytes of a read in one turn of the event loop: 64 KiB may hold 3,000 requests.
 */
const maxPipelined = 16

/**
 * Cuts connections that pipeline too many requests (RFC 9112 §9.3.2): a few of them could keep all others waiting for
 * seconds.
 */
export class PipelinedRequests {
  readonly #waiting = new WeakMap<Socket, number>()
  readonly #onExcess: (socket: Socket, reason: string) => void

  /** @param onExcess Called for each connection that is cut. */
  constructor(onExcess: (socket: Socket, reason: string) => void = () => {}) {
    this.#onExcess = onExcess
  }

  /** Counts a request; returns false where it must not be answered, since its connection is cut. */
  takes({ socket }: IncomingMessage): boolean {
    if (socket.destroyed) return false
    const waiting = this.#countOf(socket) + 1
    if (waiting > maxPipelined) {
      this.#onExcess(socket, `more than ${maxPipelined} requests before the first one is answered`)
      socket.destroy()
      return false
    }
    this.#waiting.set(socket, waiting)
    return true
  }

  /** A request that was taken has its answer, or its connection is closed. */
  answered(socket: Socket): void {
    this.#waiting.set(socket, this.#countOf(socket) - 1)
  }

  #countOf(socket: Socket): number {
    return this.#waiting.get(socket) ?? 0
  }
}
