import { isCompressed, maxCreditBytes, readTcpDataPayload, tcpDataHeaderBytes, writeTcpDataHeader } from '@ls/codec'
import { messageOverheadBytes } from '../channel/held-message.js'
import type { FrameSource } from '../memory/frame-pool.js'
import { Fifo } from './fifo.js'

/**
 * Owner of a flow, which fills it. Its methods are called while messages leave or credit arrives, never from inside
 * `push…` or `finish`.
 */
export interface FlowOwner {
  /** The flow has room again after {@link Flow.requestRoom} returned false. */
  onDrain(): void
  /** A message has left that used `spentBytes` of credit. */
  onSent(spentBytes: number): void
  /** The message given to {@link Flow.finish} has left; the flow stays empty. */
  onFinished(): void
}

export interface FlowOptions {
  readonly channelId: Uint8Array
  readonly owner: FlowOwner
  /** Bytes that may wait before the flow is full. */
  readonly highWaterBytes: number
  /** Payload bytes that may be sent before the first Window; Infinity where no window is in force. */
  readonly creditBytes: number
  /** Allocates the frames. */
  readonly framePool: FrameSource
}

/** A message framed elsewhere, sent unchanged: compressed Data, a datagram, Fin, Disconnect, forwarded messages. */
interface FramedItem {
  readonly message: Uint8Array
  /** Payload bytes that use credit. */
  readonly spendBytes: number
  readonly last: boolean
}

/**
 * The send queue of one channel, in order.
 *
 * TCP payload is framed when its turn comes, not when it is pushed: small writes that collect behind a busy transport
 * leave as one message, and a write larger than the credit leaves in pieces.
 */
export class Flow {
  /** Owned by the scheduler: bytes this flow may still send in its turn. */
  deficitBytes = 0
  /** Owned by the scheduler: the list that holds the flow. */
  inFresh = false
  inBusy = false
  /** Number of grants that arrived when the channel could send nothing without them. */
  stalls = 0

  readonly #channelId: Uint8Array
  readonly #owner: FlowOwner
  readonly #highWaterBytes: number
  readonly #framePool: FrameSource
  readonly #items = new Fifo<Uint8Array | FramedItem>()
  #queuedBytes = 0
  /** Credit that the queued messages will take. */
  #queuedCreditBytes = 0
  #creditBytes: number
  #held = false
  #ended = false
  #wantsDrain = false

  constructor({ channelId, owner, highWaterBytes, creditBytes, framePool }: FlowOptions) {
    this.#channelId = channelId
    this.#owner = owner
    this.#highWaterBytes = highWaterBytes
    this.#creditBytes = creditBytes
    this.#framePool = framePool
  }

  /** Queued bytes: payload, plus headers of messages that were queued whole. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get queuedMessages(): number {
    return this.#items.length
  }

  /** Memory of the queue, in bytes. */
  get memoryBytes(): number {
    return this.#queuedBytes + this.#items.length * messageOverheadBytes
  }

  /** Credit beyond the queued bytes: bytes that can leave without a new grant. */
  get spareCreditBytes(): number {
    return this.#creditBytes - this.#queuedCreditBytes
  }

  /** Whether `take` returns a message. */
  get ready(): boolean {
    const head = this.#items.peek()
    if (head === undefined || this.#held) return false
    return head instanceof Uint8Array ? this.#creditBytes > 0 : head.spendBytes <= this.#creditBytes
  }

  /** Keeps all messages back until `release`. Some peers cannot take Data before they have answered Connect. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
  }

  /** Adds a grant; false if the sum exceeds the largest possible window, which no correct receiver allows. */
  addCredit(bytes: number): boolean {
    if (this.#creditBytes + bytes > maxCreditBytes) return this.#creditBytes === Infinity
    if (this.#lacksCredit) this.stalls++
    this.#creditBytes += bytes
    this.#offerRoom()
    return true
  }

  /** Queues TCP payload, which must not change any more. */
  pushPayload(payload: Uint8Array): void {
    if (this.#ended || payload.length === 0) return
    this.#items.push(payload)
    this.#queuedBytes += payload.length
    this.#queuedCreditBytes += payload.length
  }

  /** Copies the unsent rest of `payload`, which was pushed last: its owner is about to reuse the memory. */
  keep({ buffer }: Uint8Array): void {
    const last = this.#items.at(this.#items.length - 1)
    if (last instanceof Uint8Array && last.buffer === buffer) this.#items.replaceLast(new Uint8Array(last))
  }

  /** Queues a whole message that uses `spendBytes` of credit. */
  pushMessage(message: Uint8Array, spendBytes: number): void {
    if (!this.#ended) this.#pushItem({ message, spendBytes, last: false })
  }

  /** Queues the last message of the channel, behind all others. */
  finish(message: Uint8Array): void {
    if (this.#ended) return
    this.#ended = true
    this.#pushItem({ message, spendBytes: 0, last: true })
  }

  /**
   * Returns false at the high-water mark or without credit, until `onDrain`. Bytes that the peer does not take should
   * stay at their source, so that a stalled peer uses no memory here. Call it after the flow was activated, since
   * messages that left meanwhile make room. `limitBytes`: a lower mark for now.
   */
  requestRoom(limitBytes = this.#highWaterBytes): boolean {
    if (this.#queuedBytes >= limitBytes || this.spareCreditBytes <= 0) this.#wantsDrain = true
    return !this.#wantsDrain && !this.#ended
  }

  /** Whether the owner waits for `onDrain`. */
  get wantsDrain(): boolean {
    return this.#wantsDrain
  }

  /** Drops the queue and accepts nothing more. */
  cut(): void {
    this.#ended = true
    this.#items.clear()
    this.#queuedBytes = 0
    this.#queuedCreditBytes = 0
    this.#wantsDrain = false
  }

  /** The next message, with at most `maxPayloadBytes` of payload where we frame it; undefined when not `ready`. */
  take(maxPayloadBytes: number): Uint8Array | undefined {
    if (!this.ready) return undefined
    const head = this.#items.peek()
    if (head === undefined) return undefined
    if (head instanceof Uint8Array) return this.#takePayload(head, maxPayloadBytes)
    const payload = divisiblePayload(head, maxPayloadBytes)
    if (payload === undefined) return this.#takeMessage(head)
    this.#items.replaceHead(payload)
    this.#queuedBytes += payload.length - head.message.length
    return this.#takePayload(payload, maxPayloadBytes)
  }

  /** Whether the next message, or the source of one, waits for credit. */
  get #lacksCredit(): boolean {
    const head = this.#items.peek()
    if (head === undefined) return this.#wantsDrain && this.#creditBytes <= 0
    return head instanceof Uint8Array ? this.#creditBytes <= 0 : head.spendBytes > this.#creditBytes
  }

  #pushItem(item: FramedItem): void {
    this.#items.push(item)
    this.#queuedBytes += item.message.length
    this.#queuedCreditBytes += item.spendBytes
  }

  #takeMessage(item: FramedItem): Uint8Array {
    this.#items.shift()
    this.#left(item.message.length, item.spendBytes)
    if (item.last) this.#owner.onFinished()
    return item.message
  }

  #takePayload(head: Uint8Array, maxPayloadBytes: number): Uint8Array {
    const limit = Math.min(maxPayloadBytes, this.#creditBytes)
    const bytes = head.length >= limit ? limit : this.#measure(limit)
    const frame = this.#framePool.take(tcpDataHeaderBytes + bytes)
    writeTcpDataHeader(frame, this.#channelId, bytes)
    this.#copyInto(frame, tcpDataHeaderBytes)
    this.#left(bytes, bytes)
    return frame
  }

  /** Payload bytes at the front of the queue, up to `limit`. */
  #measure(limit: number): number {
    let bytes = 0
    for (let index = 0; bytes < limit; index++) {
      const item = this.#items.at(index)
      if (!(item instanceof Uint8Array)) break
      bytes += item.length
    }
    return Math.min(bytes, limit)
  }

  #copyInto(frame: Uint8Array, start: number): void {
    for (let offset = start; offset < frame.length;) {
      const head = this.#items.peek()
      if (!(head instanceof Uint8Array)) return
      const room = frame.length - offset
      if (head.length > room) {
        frame.set(head.subarray(0, room), offset)
        this.#items.replaceHead(head.subarray(room))
        return
      }
      frame.set(head, offset)
      offset += head.length
      this.#items.shift()
    }
  }

  #left(queuedBytes: number, spentBytes: number): void {
    this.#queuedBytes -= queuedBytes
    this.#creditBytes -= spentBytes
    this.#queuedCreditBytes -= spentBytes
    this.#owner.onSent(spentBytes)
    this.#offerRoom()
  }

  #offerRoom(): void {
    if (!this.#wantsDrain || this.#queuedBytes * 2 > this.#highWaterBytes) return
    // After the end no more credit arrives.
    if (this.spareCreditBytes <= 0 && !this.#ended) return
    this.#wantsDrain = false
    this.#owner.onDrain()
  }
}

/** The payload of a message longer than `maxPayloadBytes`, if it can be split. */
function divisiblePayload({ message, spendBytes }: FramedItem, maxPayloadBytes: number): Uint8Array | undefined {
  // Messages that spend no credit are not TCP Data, and compressed Data is never split.
  if (spendBytes <= maxPayloadBytes || message.length <= maxPayloadBytes + tcpDataHeaderBytes) return undefined
  return isCompressed(message) ? undefined : readTcpDataPayload(message)
}
