import type { Clock, TimerHandle } from '@ls/foundation'
import { Inbox, type MessageTransport, type TransportCloseReason, type TransportHandler } from '@ls/mux'
import type { NativeChannel } from './native.js'

/** Largest message on a data channel, in bytes: a message of an extended session has at most 64 KiB and a header. */
export const maxChannelMessageBytes = 262_144

/**
 * Marks for bytes that are not sent yet: `send` returns false above the first, and `onDrain` follows below the second.
 * With the message that passes the first, at most 1 MiB waits.
 */
const highWaterBytes = 983_040
const lowWaterBytes = 262_144

/**
 * Most bytes that wait for a paused owner. The library has no backpressure; only windows limit the peer. Above it the
 * transport is cut, and the session continues over another one.
 */
const inboxLimitBytes = 67_108_864

/** How long a closed transport waits for the peer to end, in milliseconds. */
const closeTimeoutMs = 2000

/** Parts of a {@link ChannelTransport}. */
export interface ChannelTransportInit {
  readonly channel: NativeChannel
  readonly clock: Clock
  /** Round trip of the path in milliseconds, if known. */
  roundTripMs(): number | undefined
  /** Frees the resources of the channel. */
  release(): void
}

/** An ordered, reliable data channel as a transport. A text message on it is an end: a close code and a reason. */
export class ChannelTransport implements MessageTransport {
  readonly #init: ChannelTransportInit
  readonly #channel: NativeChannel
  readonly #inbox: Inbox
  #blocked = false
  #timer: TimerHandle

  constructor(init: ChannelTransportInit) {
    this.#init = init
    // The library cannot stop reading; a paused owner only makes the inbox grow.
    this.#inbox = new Inbox({ clock: init.clock, onReading: () => {}, onUnread: () => this.destroy() })
    this.#channel = init.channel
    this.#channel.setBufferedAmountLowThreshold(lowWaterBytes)
    this.#channel.onMessage((message) => this.#receive(message))
    this.#channel.onClosed(() => this.#end(lost))
    this.#channel.onBufferedAmountLow(() => this.#drained())
  }

  get bufferedBytes(): number {
    return this.#usable ? this.#channel.bufferedAmount() : 0
  }

  get roundTripMs(): number | undefined {
    return this.#usable ? this.#init.roundTripMs() : undefined
  }

  send(message: Uint8Array): boolean {
    if (this.#inbox.state !== 'open') return false
    if (!this.#sendNow(() => this.#channel.sendMessageBinary(message))) return false
    this.#blocked = this.bufferedBytes > highWaterBytes
    return !this.#blocked
  }

  pause(): void {
    this.#inbox.pause()
  }

  resume(): void {
    this.#inbox.resume()
  }

  close(reason: TransportCloseReason = { code: 1000, reason: '' }): void {
    if (!this.#inbox.close(reason)) return
    const { code, reason: text } = reason
    if (!this.#sendNow(() => this.#channel.sendMessage(JSON.stringify({ code, reason: text })))) return
    this.#timer = this.#init.clock.setTimeout(() => this.#end(lost), closeTimeoutMs)
  }

  destroy(): void {
    if (this.#inbox.destroy(lost)) this.#end(lost, 'later')
  }

  setHandler(handler: TransportHandler): void {
    this.#inbox.setHandler(handler)
  }

  /** Whether the channel may be used: sending on a closed one throws, or even ends the process. */
  get #usable(): boolean {
    return !this.#inbox.hasEnded && this.#channel.isOpen()
  }

  #sendNow(send: () => boolean): boolean {
    let reason = lost
    try {
      if (this.#usable) {
        send()
        return true
      }
    } catch (error) {
      reason = { code: 1006, reason: `${lost.reason}: ${String(error)}` }
    }
    this.#end(reason, 'later')
    return false
  }

  #receive(message: string | Buffer | ArrayBuffer): void {
    if (this.#inbox.hasEnded) return
    if (typeof message === 'string') return this.#end(readEnd(message))
    // A Buffer is a copy that the library made for this call.
    this.#inbox.receive(message instanceof ArrayBuffer ? new Uint8Array(message) : message)
    if (this.#inbox.heldBytes <= inboxLimitBytes) return
    this.#inbox.destroy({
      code: 1006,
      reason: `more than ${inboxLimitBytes} bytes wait to be taken from the direct path`,
    })
    this.#end(lost)
  }

  #drained(): void {
    if (!this.#blocked || this.#inbox.state !== 'open') return
    this.#blocked = false
    this.#inbox.drained()
  }

  /** Ends the transport with our own reason, or else with this one. */
  #end(reason: TransportCloseReason, when?: 'later'): void {
    if (this.#inbox.hasEnded) return
    this.#init.clock.clearTimeout(this.#timer)
    this.#init.release()
    this.#inbox.end(this.#inbox.ownReason ?? reason, when)
  }
}

const lost: TransportCloseReason = { code: 1006, reason: 'the direct path was lost' }

function readEnd(text: string): TransportCloseReason {
  try {
    const end: unknown = JSON.parse(text)
    const { code, reason } = end as Record<string, unknown>
    if (Number.isInteger(code) && typeof reason === 'string')
      return { code: code as number, reason: reason.slice(0, maxReasonLength) }
  } catch {
    // Text that is no JSON gets the same answer as other invalid text.
  }
  return { code: 1002, reason: 'the peer sent text that is no end of the direct path' }
}

/** The limit of a WebSocket's reason (RFC 6455 §5.5). */
const maxReasonLength = 123
