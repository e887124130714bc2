import type { ChannelKey } from '@ls/codec'
import type { MessageTransport } from '../link/transport.js'
import type { CopiedMessages } from './copied-messages.js'
import { maxEarlyMessages } from './most-early.js'

/** Messages that the main transport has sent. */
export interface SentMessages {
  /** Number of the last message. */
  readonly last: number
  /** Number of the last message that the peer has acknowledged. */
  readonly acknowledged: number
  /** Returns a message that is not acknowledged. */
  at(sequence: number): Uint8Array | undefined
}

/** Options of {@link UrgentCopies}. */
export interface UrgentCopiesOptions {
  readonly transport: MessageTransport
  readonly sent: SentMessages
  readonly messages: CopiedMessages
}

/**
 * Sends copies of short urgent messages over a second transport (protocol.md §3.9). The main transport carries all
 * messages, so a copy may be omitted or lost at any time. Copies of a channel leave in order and without a gap after
 * the acknowledged messages, so the peer can deliver each immediately.
 */
export class UrgentCopies {
  readonly #options: UrgentCopiesOptions
  readonly #sent: SentMessages
  readonly #tails = new Map<ChannelKey, Tail>()
  /**
   * Number of the last message sent before this object existed: a channel without a tail may have messages in flight up
   * to it.
   */
  readonly #firstAfter: number
  #forgetAt = minForgetAt
  #allowanceBytes = allowanceBytes
  #writable = true

  /** Copies messages sent from now on. */
  constructor(options: UrgentCopiesOptions) {
    this.#options = options
    this.#sent = options.sent
    this.#firstAfter = options.sent.last
  }

  /** Whether the transport accepts messages; while it does not, none is copied. */
  get writable(): boolean {
    return this.#writable
  }

  /** The transport has room again. */
  onDrain(): void {
    this.#writable = true
  }

  /**
   * Called when the last message was given to the main transport. `isUrgent`: control, or of a channel that was idle.
   */
  passed(message: Uint8Array, isUrgent: boolean): void {
    this.#allowanceBytes = Math.min(this.#allowanceBytes + message.length * copiedShare, allowanceBytes)
    const key = this.#options.messages.channelOf(message)
    if (key === undefined) return
    const { last } = this.#sent
    const tail = this.#tailOf(key)
    tail.newest = last
    if (!isUrgent || message.length > maxCopyBytes || tail.waiting.length === maxWaiting) tail.leaveOut(last)
    else {
      tail.waiting.push(last)
      if (tail.after <= this.#sent.acknowledged) this.#copy(tail)
    }
  }

  #tailOf(key: ChannelKey): Tail {
    const known = this.#tails.get(key)
    if (known !== undefined) return known
    if (this.#tails.size >= this.#forgetAt) this.#forget()
    const tail = new Tail(this.#firstAfter)
    this.#tails.set(key, tail)
    return tail
  }

  /** Copies the channel's messages in flight. */
  #copy(tail: Tail): void {
    const mostAhead = this.#sent.acknowledged + maxEarlyMessages
    for (let [sequence] = tail.waiting; sequence !== undefined; [sequence] = tail.waiting) {
      if (!this.#writable || sequence > mostAhead) return
      const message = this.#sent.at(sequence)
      if (message !== undefined && !this.#send(sequence, message)) return
      tail.waiting.shift()
    }
  }

  #send(sequence: number, message: Uint8Array): boolean {
    if (message.length > this.#allowanceBytes) return false
    this.#allowanceBytes -= message.length
    const { transport, messages } = this.#options
    this.#writable = transport.send(messages.copyOf(sequence, message))
    return true
  }

  /** Removes channels whose messages have all arrived. */
  #forget(): void {
    const { acknowledged } = this.#sent
    for (const [key, { newest }] of this.#tails) if (newest <= acknowledged) this.#tails.delete(key)
    this.#forgetAt = Math.max(minForgetAt, 2 * this.#tails.size)
  }
}

/** Messages of a channel in flight. */
class Tail {
  /** Waiting messages may be copied once the peer has this one. */
  after: number
  /** Numbers of later messages that are not copied yet. */
  waiting: number[] = []
  /** Number of the channel's last message. */
  newest = 0

  constructor(after: number) {
    this.after = after
  }

  /** Omits message `sequence`, and so all before it. */
  leaveOut(sequence: number): void {
    this.after = sequence
    this.waiting = []
  }
}

/**
 * Largest message to copy, in bytes: one packet, such as a keystroke, a request or an answer. Longer messages are
 * mostly the start of bulk.
 */
const maxCopyBytes = 1380

/** Copies may use an eighth of the bytes of the main transport, and this many bytes in one burst. */
const copiedShare = 1 / 8
const allowanceBytes = 65_536

/** Messages of a channel that may wait to be copied; with more it is bulk. */
const maxWaiting = 64

/** Number of channels from which on those whose messages have arrived are removed. */
const minForgetAt = 1024
