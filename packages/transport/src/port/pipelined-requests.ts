import type { ServerResponse } from 'node:http'
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
  readonly #waiting = new WeakMap<Socket, Set<ServerResponse>>()
  readonly #onExcess: (socket: Socket, reason: string) => void

  /** @param onExcess Called for each connection that is cut. */
  constructor(onExcess: (socket: Socket, reason: string) => void = () => {}) {
    this.#onExcess = onExcess
  }

  /**
   * Counts a request by its response until {@link answered}; returns false where it must not be answered, since its
   * connection is cut. Each response that was taken closes with its connection.
   */
  takes(response: ServerResponse): boolean {
    const { socket } = response.req
    if (socket.destroyed) return false
    const waiting = this.#waitingOn(socket)
    if (waiting.size >= maxPipelined) {
      this.#onExcess(socket, `more than ${maxPipelined} requests before the first one is answered`)
      socket.destroy()
      return false
    }
    waiting.add(response)
    return true
  }

  /** A request that was taken has its answer, or its connection is closed. */
  answered(response: ServerResponse): void {
    this.#waiting.get(response.req.socket)?.delete(response)
  }

  #waitingOn(socket: Socket): Set<ServerResponse> {
    const known = this.#waiting.get(socket)
    if (known !== undefined) return known
    const waiting = new Set<ServerResponse>()
    this.#waiting.set(socket, waiting)
    socket.once('close', () => closeAll(waiting))
    return waiting
  }
}

/** Closes responses whose turn did not come: Node 20 closes only the first one with its connection. */
function closeAll(responses: ReadonlySet<ServerResponse>): void {
  for (const response of responses) {
    if (response.closed) continue
    response.destroy()
    response.emit('close')
  }
}
