import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { discardStream } from '@ls/http-proxy'
import type { Logger } from '@ls/foundation'
import type { PendingConnections } from '@ls/mux'
import { isLoopback } from '../address/is-loopback.js'

/** What a client over WebSocket may send before its handshake is over. */
export const unprovenStream = {
  /** One read of a program's socket, as which V2Ray and Xray send a handshake with what stands behind it. */
  messageBytes: 65_536,
  /** Nobody sends on who is not read: the handshake holds its client back. */
  totalBytes: Number.POSITIVE_INFINITY,
} as const

/** A client's connection, which may know by itself how to come in. */
export type ProvableStream = Duplex & { admit?(): boolean }

/** The clients of a proxy port whose handshake is not over. */
export class PendingClients {
  readonly #pending: PendingConnections
  readonly #logger: Logger
  /** What ends the wait of each. */
  readonly #admit = new WeakMap<Duplex, () => void>()

  constructor(pending: PendingConnections, logger: Logger) {
    this.#pending = pending
    this.#logger = logger
  }

  /** Counts a client that has just connected. Programs on this machine count in no address: they may be many. */
  add(socket: ProvableStream): void {
    // Its listener counts it already.
    if (socket.admit !== undefined) return void this.#admit.set(socket, () => socket.admit?.())
    const { remoteAddress } = socket as Partial<Socket>
    const isLocal = remoteAddress === undefined || isLoopback(remoteAddress)
    const entry = this.#pending.add(isLocal ? undefined : remoteAddress, (reason) => {
      this.#logger.debug({ remoteAddress, reason }, 'a proxy client was cut')
      discardStream(socket)
    })
    this.#admit.set(socket, () => entry.release())
    socket.once('close', () => entry.release())
  }

  /** The client has shown that it may use the port; true for the first time. */
  proven(socket: Duplex): boolean {
    this.#admit.get(socket)?.()
    return this.#admit.delete(socket)
  }
}
