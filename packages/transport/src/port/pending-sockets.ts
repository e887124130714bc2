import type { Socket } from 'node:net'
import type { PendingConnection, PendingConnections } from '@ls/mux'
import type { Refusals } from './refusals.js'
import type { TrustedProxies } from './trusted-proxies.js'

export interface PendingSocketsOptions {
  readonly pending: PendingConnections
  /** Trusted proxies. Their connections count for no address, since they carry many clients. */
  readonly trusted: TrustedProxies
  readonly refusals: Refusals
  /** Options of TLS, if the port uses it. */
  readonly tls: object | undefined
}

/** The unauthenticated connections of a port. */
export class PendingSockets {
  readonly #options: PendingSocketsOptions
  readonly #entries = new WeakMap<Socket, PendingConnection>()

  constructor(options: PendingSocketsOptions) {
    this.#options = options
  }

  /** Counts a connection from its beginning. */
  add(socket: Socket): void {
    const { pending, refusals, tls } = this.#options
    const { remoteAddress } = socket
    const cut = (reason: string): void => {
      refusals.add('full', remoteAddress, reason)
      socket.destroy()
    }
    const entry = pending.add(this.countedAddress(remoteAddress), cut, { isEncrypted: tls !== undefined })
    this.#entries.set(socket, entry)
    socket.once('close', () => entry.release())
  }

  /** Counts a connection for the client that a trusted proxy reports. */
  moveTo(socket: Socket, address: string | undefined): void {
    this.#entries.get(socket)?.moveTo(this.countedAddress(address))
  }

  /** Marks the connection as served, until {@link answered} or the connection ends. */
  serve(socket: Socket): void {
    this.#entries.get(socket)?.setServed(true)
  }

  /** Marks the connection as waiting again: its answer is sent. */
  answered(socket: Socket): void {
    this.#entries.get(socket)?.setServed(false)
  }

  /** Counts bytes of a request that are kept until the connection is admitted. */
  charge(socket: Socket, bytes: number): void {
    this.#entries.get(socket)?.charge(bytes)
  }

  /** Returns the address for which a connection counts; undefined for none. */
  countedAddress(address: string | undefined): string | undefined {
    return this.#options.trusted.has(address) ? undefined : address
  }

  /** Removes the connection, since it is admitted. */
  release(socket: Socket): void {
    this.#entries.get(socket)?.release()
    this.#entries.delete(socket)
  }
}
