// Ports that lead to other ports of this machine, and can be cut as a network can be: bytes stop, and connections stay
// open.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** A way to a port. */
export class Way {
  /** Port of this way, the same each time that it is open. */
  port
  #target
  #server
  #sockets = new Set()
  #isCut = false

  /** @param port Port of the way; no other program may listen there */
  constructor(target, port) {
    this.#target = target
    this.port = port
  }

  async open() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const behind = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
      for (const [from, to] of [
        [socket, behind],
        [behind, socket],
      ])
        this.#lead(from, to)
    })
    this.#server.listen(this.port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Holds back all bytes, those of new connections too, until {@link heal}. */
  cut() {
    this.#isCut = true
    for (const socket of this.#sockets) socket.pause()
  }

  heal() {
    this.#isCut = false
    for (const socket of this.#sockets) socket.resume()
  }

  /** Refuses connections from now on, as the port of a program that has ended does. */
  close() {
    this.#server?.close()
    this.#server = undefined
    for (const socket of this.#sockets) socket.destroy()
  }

  #lead(from, to) {
    this.#sockets.add(from)
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause()
    })
    to.on('drain', () => {
      if (!this.#isCut) from.resume()
    })
    from.on('end', () => to.end())
    from.on('error', () => {})
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    if (this.#isCut) from.pause()
  }
}
