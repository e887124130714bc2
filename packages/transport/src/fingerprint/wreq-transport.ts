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
 * How often a sender that has to wait looks whether it may go on, in milliseconds, beside each time that bytes leave:
 * wreq-js tells nobody when its queue has become shorter.
 */
const DRAIN_CHECK_MS = 10

/**
 * What may wait in wreq-js at least before `send` returns false, in bytes. It is learned late that it has become less, so
 * there is more of it: with room for one of our messages, each waited for the next look, and bulk took eight times as long.
 */
const MIN_HIGH_WATER_BYTES = 262_144

/** How long messages that arrived before the end wait for a paused owner, as in `WebSocketTransport`. */
const UNREAD_DEADLINE_MS = 60_000

/**
 * A WebSocket of wreq-js as a message transport. It reads as fast as it is given bytes, so a pause stops the bytes in the
 * {@link Tunnel} below it. It cannot ping: there is no `keepalive`, and the owner has to find out by other means whether the
 * peer lives.
 */
export class WreqTransport implements MessageTransport {
  /** wreq-js has no pings, so nothing is measured. */
  readonly roundTripMs = undefined
  readonly #socket: WebSocket
  readonly #tunnel: Tunnel
  readonly #options: ResolvedTransportOptions
  /** `destroyed` hands over nothing any more; `closed` means that `onClose` has been called. */
  #state: 'open' | 'closing' | 'destroyed' | 'closed' = 'open'
  #handler: TransportHandler | undefined
  #paused = false
  /** What was decrypted before a pause took effect. */
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
    // What is in the tunnel does not count here: it is bounded, and comes and goes with what the system has buffered.
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
    // The peer's answer comes after all it has sent. An owner that is paused gets none of it any more.
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

  /** Hands over what was held, then lets the bytes go on. Runs from the event loop only, never inside a call. */
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

  /** Once enough has left: a sender that waits goes on, and a close that waits goes out behind everything else. */
  #checkDrain(): void {
    if (this.#state === 'closing') return this.#closeWhenSent()
    if (!this.#blocked || this.#state !== 'open' || this.#socket.bufferedAmount > this.#highWaterBytes / 2) return
    this.#blocked = false
    this.#options.clock.clearTimeout(this.#drainTimer)
    this.#drainTimer = undefined
    // Not at once: bytes may leave inside a call of the owner's.
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

  /** The socket is gone. Messages it delivered before still go first, if the owner reads on in time. */
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
