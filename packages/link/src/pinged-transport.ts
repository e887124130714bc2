import { channelIdBytes, encode, MessageType } from '@ls/codec'
import type { Clock } from '@ls/foundation'
import {
  Keepalive,
  type KeepaliveTiming,
  type MessageTransport,
  type TransportCloseReason,
  type TransportHandler,
} from '@ls/mux'
import { ClientError } from './errors.js'

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
 * A Disconnect for a channel that never existed. Every peer ignores it (protocol.md §1), and one that resumes
 * acknowledges it like any numbered message, within 50 ms (§3).
 */
const probe = encode({ type: MessageType.Disconnect, channelId: new Uint8Array(channelIdBytes) })

/**
 * Adds a heartbeat to a transport that cannot ping, such as a browser's: it sends session messages that the peer must
 * acknowledge. Only for sessions with `resume`, since others acknowledge nothing.
 */
export class PingedTransport implements MessageTransport {
  readonly keepalive: Keepalive
  readonly #transport: MessageTransport
  readonly #peer: string
  #silence: TransportCloseReason | undefined

  constructor(transport: MessageTransport, { timing, clock, send, peer = 'server' }: PingedTransportOptions) {
    this.#transport = transport
    this.#peer = peer
    this.keepalive = new Keepalive({
      ...timing,
      clock,
      ping: () => send(probe.slice()),
      dead: (silentMs) => this.#declareDead(silentMs),
    })
  }

  get bufferedBytes(): number {
    return this.#transport.bufferedBytes
  }

  get roundTripMs(): number | undefined {
    return this.#transport.roundTripMs
  }

  send(message: Uint8Array, headroomBytes?: number): boolean {
    return this.#transport.send(message, headroomBytes)
  }

  pause(): void {
    this.#transport.pause()
    this.keepalive.pause()
  }

  resume(): void {
    this.#transport.resume()
    this.keepalive.resume()
  }

  close(reason?: TransportCloseReason): void {
    this.#transport.close(reason)
  }

  destroy(): void {
    this.#transport.destroy()
  }

  setHandler(handler: TransportHandler): void {
    this.#transport.setHandler({
      onMessage: (message) => {
        this.keepalive.received()
        handler.onMessage(message)
      },
      onDrain: () => handler.onDrain(),
      onClose: (reason) => {
        this.keepalive.stop()
        handler.onClose(this.#silence ?? reason)
      },
    })
    this.keepalive.start()
  }

  #declareDead(silentMs: number): void {
    const reason = `${this.#peer} silent for ${silentMs} ms (limit ${this.keepalive.timeoutMs} ms)`
    this.#silence = { code: 1006, reason, cause: new ClientError('ERR_CLIENT_NO_LINK', reason) }
    this.#transport.destroy()
  }
}
