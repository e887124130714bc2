import type { Clock } from '@ls/foundation'
import {
  checkKeepaliveTiming,
  type KeepaliveTiming,
  type MessageTransport,
  type TransportCloseReason,
  type TransportHandler,
  WrappedTransport,
} from '@ls/mux'
import { Keepalive } from '@ls/mux/keepalive'
import { ClientError } from './errors.js'
import { heartbeatProbe } from './heartbeat-probe.js'

/** Options of a {@link PingedTransport}. */
export interface PingedTransportOptions {
  /** Period of the probes and deadline of the peer. */
  readonly timing: KeepaliveTiming
  /** Source of time and timers. */
  readonly clock: Clock
  /** Sends a message in the session, which numbers it. */
  send(message: Uint8Array): void
  /** Name of the peer, for the reason of the end. @default server */
  readonly peer?: string
}

/**
 * Adds a heartbeat to a transport that cannot ping, such as a browser's: it sends session messages that the peer must
 * acknowledge. Only for sessions with `resume`, since others acknowledge nothing.
 */
export class PingedTransport extends WrappedTransport {
  readonly #keepalive: Keepalive
  readonly #peer: string
  #silence: TransportCloseReason | undefined

  constructor(transport: MessageTransport, { timing, clock, send, peer = 'server' }: PingedTransportOptions) {
    super(transport)
    this.#peer = peer
    this.#keepalive = new Keepalive({
      ...checkKeepaliveTiming(timing),
      clock,
      ping: () => send(heartbeatProbe()),
      dead: (silentMs) => this.#declareDead(silentMs),
    })
  }

  override get keepalive(): Keepalive {
    return this.#keepalive
  }

  override pause(): void {
    super.pause()
    this.#keepalive.pause()
  }

  override resume(): void {
    super.resume()
    this.#keepalive.resume()
  }

  override setHandler(handler: TransportHandler): void {
    super.setHandler({
      onMessage: (message) => {
        this.#keepalive.received()
        handler.onMessage(message)
      },
      onDrain: () => handler.onDrain(),
      onClose: (reason) => {
        this.#keepalive.stop()
        handler.onClose(this.#silence ?? reason)
      },
    })
    this.#keepalive.start()
  }

  #declareDead(silentMs: number): void {
    const { timeoutMs } = this.#keepalive
    const limit = silentMs < timeoutMs ? 'it did not answer a ping for a new connection' : `limit ${timeoutMs} ms`
    const reason = `${this.#peer} silent for ${silentMs} ms (${limit})`
    this.#silence = { code: 1006, reason, cause: new ClientError('ERR_CLIENT_NO_LINK', reason) }
    this.destroy()
  }
}
