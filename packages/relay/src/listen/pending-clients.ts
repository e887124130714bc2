import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { discardStream } from '@ls/dial'
import { type Clock, isLoopback, type Logger, RenewedMap, systemClock, type TimerHandle } from '@ls/foundation'
import type { PendingConnection, PendingConnections } from '@ls/mux'

/** Limits for a client over WebSocket before its handshake is over. */
export const unprovenStream = {
  /** One read of a program's socket: V2Ray and Xray send a handshake and the bytes after it in one message. */
  messageBytes: 65_536,
  /** No limit is needed: the handshake stops reading, which applies backpressure to the client. */
  totalBytes: Number.POSITIVE_INFINITY,
} as const

/** A client's connection, which may have its own `admit`. */
export type ProvableStream = Duplex & { admit?(): boolean }

/** Interval of counting the bytes of clients in their handshake, in milliseconds; most handshakes are over before. */
const countIntervalMs = 25

/** Clients of a proxy port whose handshake is not over. */
export class PendingClients {
  readonly #pending: PendingConnections
  readonly #logger: Logger
  readonly #clock: Clock
  /** Clients whose bytes are counted here, with the bytes counted so far. */
  readonly #counted = new RenewedMap<Duplex, { readonly entry: PendingConnection; bytes: number }>()
  #timer: TimerHandle
  /** Functions that end the pending state of each client. */
  readonly #admit = new WeakMap<Duplex, () => void>()

  constructor(pending: PendingConnections, logger: Logger, clock: Clock = systemClock) {
    this.#pending = pending
    this.#logger = logger
    this.#clock = clock
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
    const release = (): void => this.#release(socket, entry)
    this.#admit.set(socket, release)
    socket.once('close', release)
    this.#counted.set(socket, { entry, bytes: 0 })
    this.#timer ??= this.#clock.setTimeout(this.#count, countIntervalMs)
  }

  /** Ends the pending state of a client that has authenticated; returns true the first time. */
  proven(socket: Duplex): boolean {
    this.#admit.get(socket)?.()
    return this.#admit.delete(socket)
  }

  #release(socket: Duplex, entry: PendingConnection): void {
    entry.release()
    this.#counted.delete(socket)
    if (this.#counted.size > 0) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /**
   * Charges the bytes that clients have sent, such as the head of a request that does not end. Node's HTTP parser reads
   * past the stream without an event, so the socket's own counter is read.
   */
  readonly #count = (): void => {
    for (const [socket, client] of this.#counted) {
      const { bytesRead = 0 } = socket as Partial<Socket>
      if (bytesRead > client.bytes) client.entry.charge(bytesRead - client.bytes)
      client.bytes = bytesRead
    }
    this.#timer = this.#clock.setTimeout(this.#count, countIntervalMs)
  }
}
