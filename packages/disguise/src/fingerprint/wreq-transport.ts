import type { TimerHandle } from '@ls/foundation'
import { Inbox, type MessageTransport, type TransportCloseReason, type TransportHandler } from '@ls/mux'
import { CloseCode, TransportError } from '@ls/transport'
import {
  applicationCloseCode,
  closeFrame,
  closeReason,
  type ResolvedTransportOptions,
} from '@ls/transport/custom-connect'
import type { WebSocket } from 'wreq-js'
import type { Tunnel } from './tunnel.js'
import { lossError } from './wreq-error.js'

/** State number of an open WebSocket (RFC 6455 §7.4.1 as WHATWG numbers them). */
const openState = 1

/**
 * Interval at which a waiting sender checks whether it may continue, in milliseconds, besides each time that bytes
 * leave: wreq-js does not report that its queue has shrunk.
 */
const drainCheckMs = 10

/**
 * Least bytes queued in wreq-js before `send` returns false. A shorter queue is detected late, so the limit is high:
 * with room for one of our messages, each waited for the next check, and bulk took eight times as long.
 */
const minHighWaterBytes = 262_144

/**
 * A WebSocket of wreq-js as a message transport. wreq-js reads as fast as bytes arrive, so a pause stops the bytes in
 * the {@link Tunnel} below it. It cannot ping: there is no `keepalive`, and the owner must detect a dead peer by other
 * means.
 */
export class WreqTransport implements MessageTransport {
  /** Always undefined: wreq-js has no pings. */
  readonly roundTripMs = undefined
  readonly #socket: WebSocket
  readonly #tunnel: Tunnel
  readonly #options: ResolvedTransportOptions
  readonly #inbox: Inbox
  #blocked = false
  #error: Error | undefined
  #drainTimer: TimerHandle
  #closeTimer: TimerHandle

  /** Takes `socket`, which has just been opened over `tunnel`. */
  constructor(socket: WebSocket, tunnel: Tunnel, options: ResolvedTransportOptions) {
    this.#socket = socket
    this.#tunnel = tunnel
    this.#options = options
    this.#inbox = new Inbox({
      clock: options.clock,
      defer: process.nextTick,
      onReading: () => tunnel.resume(),
      onUnread: () => this.destroy(),
    })
    socket.binaryType = 'nodebuffer'
    socket.addEventListener('message', ({ data }) => this.#receive(data as Uint8Array | string))
    socket.addEventListener('error', ({ message = 'no reason given' }) => (this.#error ??= lossError(message)))
    socket.addEventListener('close', ({ code, reason }) => this.#end(code, reason))
    tunnel.onForwarded = () => this.#checkDrain()
    tunnel.pause()
  }

  get bufferedBytes(): number {
    return this.#inbox.state === 'closed' ? 0 : this.#socket.bufferedAmount + this.#tunnel.bufferedBytes
  }

  send(message: Uint8Array): boolean {
    if (this.#inbox.state !== 'open' || this.#socket.readyState !== openState) return false
    this.#socket.send(message)
    // Bytes in the tunnel do not count: they are limited, and vary with the system's buffers.
    if (this.#socket.bufferedAmount <= this.#highWaterBytes) return true
    this.#blocked = true
    this.#watchDrain()
    return false
  }

  pause(): void {
    if (this.#inbox.pause() && this.#inbox.state === 'open') this.#tunnel.pause()
  }

  resume(): void {
    this.#inbox.resume()
  }

  close(reason: TransportCloseReason = { code: CloseCode.normal, reason: '' }): void {
    if (!this.#inbox.close(reason)) return
    // The peer's answer follows all its messages.
    this.#tunnel.resume()
    this.#closeTimer = this.#options.clock.setTimeout(() => this.destroy(), this.#options.closeTimeoutMs)
    this.#checkDrain()
  }

  destroy(): void {
    if (!this.#inbox.destroy()) return
    this.#tunnel.destroy()
    process.nextTick(() => this.#end(CloseCode.abnormal, ''))
  }

  setHandler(handler: TransportHandler): void {
    this.#inbox.setHandler(handler)
  }

  get #highWaterBytes(): number {
    return Math.max(this.#options.highWaterBytes, minHighWaterBytes)
  }

  #receive(message: Uint8Array | string): void {
    if (typeof message === 'string') return this.#refuseText()
    this.#inbox.receive(message)
  }

  /** Continues a waiting sender, or sends a waiting close, once enough bytes have left. */
  #checkDrain(): void {
    if (this.#inbox.state === 'closing') return this.#closeWhenSent()
    if (!this.#blocked || this.#inbox.state !== 'open' || this.#socket.bufferedAmount > this.#highWaterBytes / 2) return
    this.#blocked = false
    this.#options.clock.clearTimeout(this.#drainTimer)
    this.#drainTimer = undefined
    // Deferred: bytes may leave inside a call of the owner.
    process.nextTick(() => this.#inbox.drained())
  }

  #closeWhenSent(): void {
    // wreq-js sends a close before its queued messages.
    if (this.#socket.bufferedAmount > 0) return this.#watchDrain()
    const { code, text } = closeFrame(this.#inbox.ownReason ?? { code: CloseCode.normal, reason: '' })
    this.#socket.close(applicationCloseCode(code), text.toString())
  }

  #watchDrain(): void {
    if (this.#drainTimer !== undefined) return
    this.#drainTimer = this.#options.clock.setTimeout(() => {
      this.#drainTimer = undefined
      this.#checkDrain()
      if (this.#blocked && this.#inbox.state === 'open') this.#watchDrain()
    }, drainCheckMs)
  }

  #refuseText(): void {
    if (this.#inbox.state !== 'open') return
    const reason = 'text message received, only binary messages are allowed'
    const cause = new TransportError('ERR_TRANSPORT_TEXT_MESSAGE', reason)
    this.close({ code: CloseCode.unsupportedData, reason, cause })
  }

  /** Called when the socket is closed, also again after our own `destroy`. */
  #end(code: number, text: string): void {
    if (this.#inbox.hasEnded) return
    const { clock, logger, maxMessageBytes } = this.#options
    clock.clearTimeout(this.#drainTimer)
    clock.clearTimeout(this.#closeTimer)
    this.#tunnel.destroy()
    const lost = this.#tunnel.error ?? this.#error
    const reason = this.#inbox.ownReason ?? closeReason(code, text, lost, maxMessageBytes)
    logger.debug({ code: reason.code, reason: reason.reason }, 'transport ended')
    this.#inbox.end(reason)
  }
}
