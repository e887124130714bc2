import { channelIdOffset, type ChannelKey, channelKey, encode, MessageType, peekType } from '@ls/codec'
import type { MessageTransport } from '../link/transport.js'
import { maxEarlyMessages } from './early-messages.js'

/** What the main transport has sent. */
export interface SentMessages {
  /** Number of the last message. */
  readonly last: number
  /** Number of the last message that the peer is known to have. */
  readonly acknowledged: number
  /** A message that is not acknowledged. */
  at(sequence: number): Uint8Array | undefined
}

/**
 * Sends copies of short urgent messages over a second transport (protocol.md §3.9). The main transport carries all
 * messages, so a copy may be left out or lost at any time. Copies of a channel leave in order and without a gap after
 * what the peer is known to have, so the peer can deliver each at once.
 */
export class UrgentCopies {
  readonly #transport: MessageTransport
  readonly #sent: SentMessages
  readonly #tails = new Map<ChannelKey, Tail>()
  /** Messages up to this one may belong to channels without a tail. */
  readonly #firstAfter: number
  #forgetAt = minForgetAt
  #allowanceBytes = allowanceBytes
  #writable = true

  /** Copies what leaves from now on. */
  constructor(transport: MessageTransport, sent: SentMessages) {
    this.#transport = transport
    this.#sent = sent
    this.#firstAfter = sent.last
  }

  /** Whether the transport takes messages; while it does not, none is copied. */
  get writable(): boolean {
    return this.#writable
  }

  onDrain(): void {
    this.#writable = true
  }

  /** The last message was given to the main transport. `isUrgent`: control, or of a channel that was idle. */
  passed(message: Uint8Array, isUrgent: boolean): void {
    this.#allowanceBytes = Math.min(this.#allowanceBytes + message.length * copiedShare, allowanceBytes)
    const key = keyOf(message)
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

  /** Copies what the channel has under way. */
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
    this.#writable = this.#transport.send(encode({ type: MessageType.Urgent, sequence, message }))
    return true
  }

  /** Forgets channels whose messages have all arrived. */
  #forget(): void {
    const { acknowledged } = this.#sent
    for (const [key, { newest }] of this.#tails) if (newest <= acknowledged) this.#tails.delete(key)
    this.#forgetAt = Math.max(minForgetAt, 2 * this.#tails.size)
  }
}

/** What a channel has under way. */
class Tail {
  /** Once the peer has this message, those that wait may be copied. */
  after: number
  /** Numbers of later messages that were not copied yet. */
  waiting: number[] = []
  /** Number of its last message. */
  newest = 0

  constructor(after: number) {
    this.after = after
  }

  /** Message `sequence` is not copied, and so nothing before it. */
  leaveOut(sequence: number): void {
    this.after = sequence
    this.waiting = []
  }
}

/** The channel that a message belongs to; undefined for one that belongs to none. */
function keyOf(message: Uint8Array): ChannelKey | undefined {
  const type = peekType(message)
  if (type === MessageType.Connector || type === MessageType.ConnectorResponse) return undefined
  const offset = channelIdOffset(type)
  return offset < 0 ? undefined : channelKey(message, offset)
}

/** A keystroke, a request, an answer: what fits a packet, in bytes. Longer messages are bulk soon. */
const maxCopyBytes = 1380

/** Copies may take an eighth of what the main transport carries, and this much at once, in bytes. */
const copiedShare = 1 / 8
const allowanceBytes = 65_536

/** Messages of a channel that wait to be copied; with more it is bulk. */
const maxWaiting = 64

/** Channels whose messages have arrived are forgotten from this many on. */
const minForgetAt = 1024
