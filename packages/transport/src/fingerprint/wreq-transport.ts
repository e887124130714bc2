import type { TimerHandle } from '@ls/foundation'
import type { MessageTransport, TransportCloseReason, TransportHandler } from '@ls/mux'
import type { WebSocket } from 'wreq-js'
import { applicationCloseCode, CloseCode, closeFrame, closeReason } from '../websocket/close-code.js'
import { TransportError } from '../errors.js'
import type { ResolvedTransportOptions } from '../options.js'
import type { Tunnel } from './tunnel.js'
import { lossError } from './wreq-error.js'

/** RFC 6455 §7.4.1 as WHATWG numbers them. */
const OPEN = 1

/**
 * Interval at which a waiting sender checks whether it may continue, in milliseconds, besides each time that bytes
 * leave: wreq-js does not report that its queue has shrunk.
 */
const DRAIN_CHECK_MS = 10

/**
 * Least bytes queued in wreq-js before `send` returns false. A shorter queue is noticed late, so the limit is high:
 * with room for one of our messages, each waited for the next check, and bulk took eight times as long.
 */
const MIN_HIGH_WATER_BYTES = 262_144

/** How long messages that arrived before the end wait for a paused owner, as in `WebSocketTransport`. */
const UNREAD_DEADLINE_MS = 60_000

/**
 * A WebSocket of wreq-js as a message transport. wreq-js reads as fast as bytes arrive, so a pause stops the bytes in
 * the {@link Tunnel} below it. It cannot ping: there is no `keepalive`, and the owner must detect a dead peer by other
 * means.
 */
export class WreqTransport implements MessageTransport {
  /** wreq-js has no pings, so nothing is measured. */
  readonly roundTripMs = undefined
  readonly #socket: WebSocket
  readonly #tunnel: Tunnel
  readonly #options: ResolvedTransportOptions
  /** `destroyed` delivers nothing more; `closed` means that `onClose` was called. */
  #state: 'open' | 'closing' | 'destroyed' | 'closed' = 'open'
  #handler: TransportHandler | undefined
  #paused = false
  /** Messages decrypted before a pause took effect. */
  #held: Uint8Array[] = []
  #blocked = false
  #error: Error | undefined
  /** Our own reason for the end, if it was us. */
  #ownReason: TransportCloseReason | undefined
  /** Set once the socket is gone, while `onClose` still waits for held messages. */
  #ended: TransportCloseReason | undefined
  #drainTimer: TimerHandle
  #deadlineTimer: TimerHandle

  /** `socket` has just been opened over `tunnel`. */
  constructor(socket: WebSocket, tunnel: Tunnel, options: ResolvedTransportOptions) {
    this.#socket = socket
    this.#tunnel = tunnel
    this.#options = options
    socket.binaryType = 'nodebuffer'
    socket.addEventListener('message', ({ data }) => this.#receive(data as Uint8Array | string))
    socket.addEventListener('error', ({ message = 'no reason given' }) => (this.#error ??= lossError(message)))
    socket.addEventListener('close', ({ code, reason }) => this.#end(code, reason))
    tunnel.onForwarded = () => this.#checkDrain()
    tunnel.pause()
  }

  get bufferedBytes(): number {
    return this.#state === 'closed' ? 0 : this.#socket.bufferedAmount + this.#tunnel.bufferedBytes
  }

  send(message: Uint8Array): boolean {
    if (this.#state !== 'open' || this.#socket.readyState !== OPEN) return false
    this.#socket.send(message)
    // Bytes in the tunnel do not count: they are limited, and vary with the system's buffers.
    if (this.#socket.bufferedAmount <= this.#highWaterBytes) return true
    this.#blocked = true
    this.#watchDrain()
    return false
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    if (this.#state === 'open') this.#tunnel.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    process.nextTick(this.#release)
  }

  close(reason: TransportCloseReason = { code: CloseCode.normal, reason: '' }): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#ownReason = reason
    // The peer's answer follows all its messages. A paused owner gets no more of them.
    if (!this.#flowing) this.#held = []
    this.#tunnel.resume()
    this.#deadlineTimer = this.#options.clock.setTimeout(() => this.destroy(), this.#options.closeDeadlineMs)
    this.#checkDrain()
  }

  destroy(): void {
    if (this.#state === 'closed') return
    this.#state = 'destroyed'
    this.#held = []
    this.#ownReason ??= { code: CloseCode.abnormal, reason: 'destroyed' }
    this.#tunnel.destroy()
    process.nextTick(() => (this.#ended === undefined ? this.#end(CloseCode.abnormal, '') : this.#release()))
  }

  setHandler(handler: TransportHandler): void {
    this.#handler = handler
    process.nextTick(this.#release)
  }

  get #highWaterBytes(): number {
    return Math.max(this.#options.highWaterBytes, MIN_HIGH_WATER_BYTES)
  }

  get #flowing(): boolean {
    return !this.#paused && this.#handler !== undefined
  }

  #receive(message: Uint8Array | string): void {
    if (typeof message === 'string') return this.#refuseText()
    if (this.#state === 'destroyed' || this.#state === 'closed') return
    if (this.#flowing && this.#held.length === 0) this.#handler?.onMessage(message)
    else if (this.#flowing || this.#state === 'open') this.#held.push(message)
  }

  /** Delivers held messages, then resumes the bytes. Runs from the event loop only, never inside a call. */
  readonly #release = (): void => {
    const held = this.#held
    let next = 0
    for (let message = held[0]; message !== undefined && this.#flowing && held === this.#held; message = held[next]) {
      next++
      this.#handler?.onMessage(message)
    }
    if (held === this.#held) held.splice(0, next)
    if (this.#held.length > 0) return
    if (this.#ended !== undefined) this.#announceEnd(this.#ended)
    else if (this.#flowing) this.#tunnel.resume()
  }

  /** Once enough has left, a waiting sender continues, and a waiting close is sent. */
  #checkDrain(): void {
    if (this.#state === 'closing') return this.#closeWhenSent()
    if (!this.#blocked || this.#state !== 'open' || this.#socket.bufferedAmount > this.#highWaterBytes / 2) return
    this.#blocked = false
    this.#options.clock.clearTimeout(this.#drainTimer)
    this.#drainTimer = undefined
    // Deferred: bytes may leave inside a call of the owner.
    process.nextTick(() => this.#state === 'open' && this.#handler?.onDrain())
  }

  #closeWhenSent(): void {
    // wreq-js sends a close ahead of what it has queued.
    if (this.#socket.bufferedAmount > 0) return this.#watchDrain()
    const { code, text } = closeFrame(this.#ownReason ?? { code: CloseCode.normal, reason: '' })
    this.#socket.close(applicationCloseCode(code), text.toString())
  }

  #watchDrain(): void {
    if (this.#drainTimer !== undefined) return
    this.#drainTimer = this.#options.clock.setTimeout(() => {
      this.#drainTimer = undefined
      this.#checkDrain()
      if (this.#blocked && this.#state === 'open') this.#watchDrain()
    }, DRAIN_CHECK_MS)
  }

  #refuseText(): void {
    if (this.#state !== 'open') return
    const reason = 'text message received, only binary messages are allowed'
    const cause = new TransportError('ERR_TRANSPORT_TEXT_MESSAGE', reason)
    this.close({ code: CloseCode.unsupportedData, reason, cause })
  }

  /** The socket is gone. Messages received before are still delivered first, if the owner reads in time. */
  #end(code: number, text: string): void {
    if (this.#ended !== undefined) return
    const { clock, logger, maxMessageBytes } = this.#options
    clock.clearTimeout(this.#drainTimer)
    clock.clearTimeout(this.#deadlineTimer)
    this.#tunnel.destroy()
    const reason = this.#ownReason ?? closeReason(code, text, this.#tunnel.error ?? this.#error, maxMessageBytes)
    this.#ended = reason
    if (this.#state === 'open') this.#state = 'closing'
    logger.debug({ code: reason.code, reason: reason.reason }, 'transport ended')
    if (this.#held.length === 0) return this.#announceEnd(reason)
    this.#deadlineTimer = clock.setTimeout(() => this.destroy(), UNREAD_DEADLINE_MS)
  }

  #announceEnd(reason: TransportCloseReason): void {
    if (this.#state === 'closed' || this.#handler === undefined) return
    this.#state = 'closed'
    this.#options.clock.clearTimeout(this.#deadlineTimer)
    this.#handler.onClose(reason)
  }
}
