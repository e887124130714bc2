import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { discardStream } from '@ls/http-proxy'
import type { Logger } from '@ls/foundation'
import type { PendingConnections } from '@ls/mux'
import { isLoopback } from '../address/is-loopback.js'

/** Limits for a client over WebSocket before its handshake is over. */
export const unprovenStream = {
  /** One read of a program's socket: V2Ray and Xray send a handshake and the bytes behind it in one message. */
  messageBytes: 65_536,
  /** No limit is needed: the handshake does not read on, which holds the client back. */
  totalBytes: Number.POSITIVE_INFINITY,
} as const

/** A client's connection, which may have its own `admit`. */
export type ProvableStream = Duplex & { admit?(): boolean }

/** The clients of a proxy port whose handshake is not over. */
export class PendingClients {
  readonly #pending: PendingConnections
  readonly #logger: Logger
  /** Ends the pending state of each client. */
  readonly #admit = new WeakMap<Duplex, () => void>()

  constructor(pending: PendingConnections, logger: Logger) {
    this.#pending = pending
    this.#logger = logger
  }

  /**
   * Counts a client that has just connected. Programs on this machine are exempt from the limit per address, since they
   * may be many.
   */
  add(socket: ProvableStream): void {
    // Its listener already counts it.
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

  /** The client has authenticated; returns true for the first time. */
  proven(socket: Duplex): boolean {
    this.#admit.get(socket)?.()
    return this.#admit.delete(socket)
  }
}
