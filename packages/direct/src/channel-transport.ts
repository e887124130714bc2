import type { Clock, TimerHandle } from '@ls/foundation'
import type { MessageTransport, TransportCloseReason, TransportHandler } from '@ls/mux'
import type { NativeChannel } from './native.js'

/** Largest message on a data channel, in bytes: a message of an extended session has at most 64 KiB and a header. */
export const maxChannelMessageBytes = 262_144

/**
 * Marks for bytes that are not sent yet: `send` returns false above the first, and `onDrain` follows below the second.
 */
const highWaterBytes = 1_048_576
const lowWaterBytes = 262_144

/**
 * Most bytes that wait for a paused owner, in bytes. The library has no backpressure; only windows limit the peer.
 * Above it the transport is cut, and the session continues over another one.
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
  #handler: TransportHandler | undefined
  #inbox: Uint8Array[] = []
  #inboxBytes = 0
  #paused = false
  #blocked = false
  #scheduled = false
  /** `ended`: the reason is known and `onClose` is due. */
  #state: 'open' | 'closing' | 'ended' | 'closed' = 'open'
  #reason: TransportCloseReason = { code: 1006, reason: 'the direct path was lost' }
  #timer: TimerHandle

  constructor(init: ChannelTransportInit) {
    this.#init = init
    this.#channel = init.channel
    this.#channel.setBufferedAmountLowThreshold(lowWaterBytes)
    this.#channel.onMessage((message) => this.#receive(message))
    this.#channel.onClosed(() => this.#end())
    this.#channel.onBufferedAmountLow(() => this.#drained())
  }

  get bufferedBytes(): number {
    return this.#usable ? this.#channel.bufferedAmount() : 0
  }

  get roundTripMs(): number | undefined {
    return this.#usable ? this.#init.roundTripMs() : undefined
  }

  send(message: Uint8Array): boolean {
    if (this.#state !== 'open') return false
    if (!this.#sendNow(() => this.#channel.sendMessageBinary(message))) return false
    this.#blocked = this.bufferedBytes > highWaterBytes
    return !this.#blocked
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  close(reason: TransportCloseReason = { code: 1000, reason: '' }): void {
    if (this.#state !== 'open') return
    const { code, reason: text } = reason
    this.#reason = reason
    if (!this.#sendNow(() => this.#channel.sendMessage(JSON.stringify({ code, reason: text })))) return
    this.#state = 'closing'
    this.#timer = this.#init.clock.setTimeout(() => this.#end(), closeTimeoutMs)
  }

  destroy(): void {
    this.#inbox = []
    this.#inboxBytes = 0
    this.#end()
  }

  setHandler(handler: TransportHandler): void {
    this.#handler = handler
    this.#schedule()
  }

  /** Whether the channel may be used: sending on a closed one throws, or even ends the process. */
  get #usable(): boolean {
    return (this.#state === 'open' || this.#state === 'closing') && this.#channel.isOpen()
  }

  #sendNow(send: () => boolean): boolean {
    try {
      if (this.#usable) {
        send()
        return true
      }
    } catch (error) {
      this.#reason = { code: 1006, reason: `the direct path was lost: ${String(error)}` }
    }
    this.#end()
    return false
  }

  #receive(message: string | Buffer | ArrayBuffer): void {
    if (this.#state !== 'open' && this.#state !== 'closing') return
    if (typeof message === 'string') {
      this.#reason = readEnd(message)
      return this.#end()
    }
    // A Buffer is a copy that the library made for this call.
    const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message
    this.#inbox.push(bytes)
    this.#inboxBytes += bytes.length
    if (this.#inboxBytes > inboxLimitBytes) {
      this.#reason = { code: 1006, reason: `more than ${inboxLimitBytes} bytes wait to be taken from the direct path` }
      return this.destroy()
    }
    if (!this.#scheduled) this.#deliver()
  }

  #drained(): void {
    if (!this.#blocked || this.#state !== 'open') return
    this.#blocked = false
    this.#handler?.onDrain()
  }

  #end(): void {
    if (this.#state === 'ended' || this.#state === 'closed') return
    this.#state = 'ended'
    this.#init.clock.clearTimeout(this.#timer)
    this.#init.release()
    this.#schedule()
  }

  /** Delivers later, never inside a call of the owner. */
  #schedule(): void {
    if (this.#scheduled || this.#state === 'closed') return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    const handler = this.#handler
    if (handler === undefined) return
    const inbox = this.#inbox
    let next = 0
    while (next < inbox.length && !this.#paused && inbox === this.#inbox) {
      const message = inbox[next++]!
      this.#inboxBytes -= message.length
      // The owner may have changed within the previous call.
      this.#handler!.onMessage(message)
    }
    inbox.splice(0, next)
    if (this.#state !== 'ended' || (this.#paused && this.#inbox.length > 0)) return
    this.#state = 'closed'
    this.#handler!.onClose(this.#reason)
  }
}

function readEnd(text: string): TransportCloseReason {
  try {
    const end: unknown = JSON.parse(text)
    const { code, reason } = end as Record<string, unknown>
    if (Number.isInteger(code) && typeof reason === 'string')
      return { code: code as number, reason: reason.slice(0, maxReasonLength) }
  } catch {
    // As below.
  }
  return { code: 1002, reason: 'the peer sent text that is no end of the direct path' }
}

/** The limit of a WebSocket's reason (RFC 6455 §5.5). */
const maxReasonLength = 123
