import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { PendingConnection, PendingConnections } from '@ls/mux'
import type { Refusals } from './refusals.js'
import type { TrustedProxies } from './trusted-proxies.js'

export interface PendingSocketsOptions {
  readonly pending: PendingConnections
  /** Connections of these proxies count for no address, since they carry many clients. */
  readonly trusted: TrustedProxies
  readonly refusals: Refusals
  /** Whether the port speaks TLS, by what is set for it. */
  readonly tls: object | undefined
}

/** The unauthenticated connections of a port. */
export class PendingSockets {
  readonly #options: PendingSocketsOptions
  readonly #entries = new WeakMap<Socket, PendingConnection>()

  constructor(options: PendingSocketsOptions) {
    this.#options = options
  }

  /** Counts a connection from its first moment on. */
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

  /** A trusted proxy reports the client of the connection. */
  moveTo(socket: Socket, address: string | undefined): void {
    this.#entries.get(socket)?.moveTo(this.countedAddress(address))
  }

  /** The connection is being served, until `response` is out or the connection ends. */
  serve(socket: Socket, response?: ServerResponse): void {
    const entry = this.#entries.get(socket)
    entry?.setServed(true)
    response?.once('close', () => entry?.setServed(false))
  }

  /** Bytes of a request are kept until the connection is admitted. */
  hold(socket: Socket, bytes: number): void {
    this.#entries.get(socket)?.hold(bytes)
  }

  /** The address that a connection counts for, undefined for none. */
  countedAddress(address: string | undefined): string | undefined {
    return this.#options.trusted.has(address) ? undefined : address
  }

  /** The connection is admitted. */
  release(socket: Socket): void {
    this.#entries.get(socket)?.release()
    this.#entries.delete(socket)
  }
}
