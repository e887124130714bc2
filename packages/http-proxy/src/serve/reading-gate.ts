import type { Duplex } from 'node:stream'

/**
 * Stops the reading of a socket that Node's HTTP server parses. The server resumes a socket at the end of each request,
 * whoever paused it, hence the shadowed method.
 */
export class ReadingGate {
  readonly #socket: Duplex
  #state: 'open' | 'closed' = 'open'

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#socket.pause()
    this.#socket.resume = () => this.#socket
  }

  open(): void {
    if (this.#state === 'open') return
    this.release()
    this.#socket.resume()
  }

  /** Leaves it to somebody else to resume the socket. */
  release(): void {
    if (this.#state === 'open') return
    this.#state = 'open'
    Reflect.deleteProperty(this.#socket, 'resume')
  }
}
