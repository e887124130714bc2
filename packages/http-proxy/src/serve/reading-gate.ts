import type { Duplex } from 'node:stream'

/**
 * Pauses a socket that Node's HTTP server parses. The server resumes a socket at the end of each request, even if
 * others paused it, so this shadows the method.
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

  /** Lets other code resume the socket. */
  release(): void {
    if (this.#state === 'open') return
    this.#state = 'open'
    Reflect.deleteProperty(this.#socket, 'resume')
  }
}
