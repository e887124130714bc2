import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { PendingConnection, PendingConnections } from '@ls/mux'
import type { Refusals } from './refusals.js'
import type { TrustedProxies } from './trusted-proxies.js'

export interface PendingSocketsOptions {
  readonly pending: PendingConnections
  /** Their connections count in no address: they carry those of many clients. */
  readonly trusted: TrustedProxies
  readonly refusals: Refusals
}

/** The connections of a port in the table of those that have yet to show that they may come in. */
export class PendingSockets {
  readonly #options: PendingSocketsOptions
  readonly #entries = new WeakMap<Socket, PendingConnection>()

  constructor(options: PendingSocketsOptions) {
    this.#options = options
  }

  /** Counts a connection from its first moment on. */
  add(socket: Socket): void {
    const { pending, refusals } = this.#options
    const { remoteAddress } = socket
    const entry = pending.add(this.#countedAddress(remoteAddress), (reason) => {
      refusals.add('full', remoteAddress, reason)
      socket.destroy()
    })
    this.#entries.set(socket, entry)
    socket.once('close', () => entry.release())
  }

  /** A trusted proxy tells for whom the connection is. */
  moveTo(socket: Socket, address: string | undefined): void {
    this.#entries.get(socket)?.moveTo(this.#countedAddress(address))
  }

  /** The connection is being served, until `response` is out or the connection ends. */
  serve(socket: Socket, response?: ServerResponse): void {
    const entry = this.#entries.get(socket)
    entry?.setServed(true)
    response?.once('close', () => entry?.setServed(false))
  }

  /** Bytes that came with a request are kept until the connection has come in. */
  hold(socket: Socket, bytes: number): void {
    this.#entries.get(socket)?.hold(bytes)
  }

  /** The connection has come in. */
  release(socket: Socket): void {
    this.#entries.get(socket)?.release()
    this.#entries.delete(socket)
  }

  #countedAddress(address: string | undefined): string | undefined {
    return this.#options.trusted.has(address) ? undefined : address
  }
}
