import type { RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Most requests of one connection whose answers are not sent. Browsers and reverse proxies send one after the other.
 * Node parses all bytes of a read in one turn of the event loop: 64 KiB may hold 3,000 requests.
 */
const maxPipelined = 16

/**
 * Lets the requests of a connection wait for each other, and cuts connections that pipeline too many (RFC 9112 §9.3.2):
 * a few of them could keep all others waiting for seconds.
 *
 * A request starts when the answer before it has left. Otherwise a client that reads nothing would have all its answers
 * made: 16 of 1 MiB for each connection.
 */
export class PipelinedRequests {
  /** Responses that are not sent, oldest first; with the start of those whose turn has not come. */
  readonly #waiting = new WeakMap<Socket, Map<ServerResponse, (() => void) | undefined>>()
  readonly #onExcess: (socket: Socket, reason: string) => void

  /** @param onExcess Called for each connection that is cut. */
  constructor(onExcess: (socket: Socket, reason: string) => void = () => {}) {
    this.#onExcess = onExcess
  }

  /**
   * Counts a request by its response, until that closes; returns false where it must not be answered, since its
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
    waiting.set(response, undefined)
    lastResponses.set(socket, response)
    response.once('close', () => this.#answered(response, socket))
    return true
  }

  /** Calls `answer` for a response that was taken, once the answers before it have left. */
  startInTurn(response: ServerResponse, answer: () => void): void {
    const waiting = this.#waitingOn(response.req.socket)
    const [first] = waiting.keys()
    if (first === response) answer()
    else waiting.set(response, answer)
  }

  #answered(response: ServerResponse, socket: Socket): void {
    const waiting = this.#waitingOn(socket)
    waiting.delete(response)
    const [next] = waiting
    if (next === undefined || socket.destroyed) return
    const [first, start] = next
    waiting.set(first, undefined)
    start?.()
  }

  #waitingOn(socket: Socket): Map<ServerResponse, (() => void) | undefined> {
    const known = this.#waiting.get(socket)
    if (known !== undefined) return known
    const waiting = new Map<ServerResponse, (() => void) | undefined>()
    this.#waiting.set(socket, waiting)
    socket.once('close', () => closeAll(waiting.keys()))
    return waiting
  }
}

/** The last response of each connection. */
const lastResponses = new WeakMap<Socket, ServerResponse>()

/**
 * Whether a connection has a request without a whole answer. An upgrade behind it must wait (RFC 9110 §7.8), and no
 * client sends one: the rest of the answer would become bytes of the new protocol.
 */
export function isAnswering(socket: Socket): boolean {
  return lastResponses.get(socket)?.writableEnded === false
}

/** Returns a listener for the requests of a server, which answers those of a connection one after the other. */
export function answerInTurn(listener: RequestListener): RequestListener {
  const pipelined = new PipelinedRequests()
  return (request, response) => {
    if (pipelined.takes(response)) pipelined.startInTurn(response, () => listener(request, response))
  }
}

/** Closes responses whose turn did not come: Node 20 closes only the first one with its connection. */
function closeAll(responses: Iterable<ServerResponse>): void {
  for (const response of responses) {
    if (response.closed) continue
    response.destroy()
    response.emit('close')
  }
}
