import { type Address, writeTcpDataHeader } from '@ls/codec'
import { encodeUdpData } from '@ls/codec/messages'
import type { ProgressWatch } from '@ls/foundation'
import { Flow, type FlowOwner } from '../flow/flow.js'
import { leastQueueBytes, readAheadBytes, sendQueueLimitBytes } from '../flow/send-policy.js'
import { Charge } from '../memory/charge.js'
import type { ChannelHost } from '../session/table-entry.js'
import type { SendOptions } from './channel.js'
import { stuckText, watchEnd } from './linger.js'
import { compressionOf, maxBaseMessageBytes } from './peer-rules.js'

/** The channel a sender belongs to. */
export interface SenderOwner {
  /** 16 bytes. */
  readonly id: Uint8Array
  idleChecks: number
  /** There is room again after a push has returned false. */
  onDrain(): void
  /** The message given to {@link Sender.finish} has left, after everything before it. */
  onFinished(): void
}

/** The sending half of a channel: accepts payload until its end, and signals when there is room for more. */
export class Sender implements FlowOwner {
  /** Payload bytes accepted, uncompressed. */
  sentBytes = 0
  /** Datagrams accepted. */
  sentDatagrams = 0

  readonly #host: ChannelHost
  readonly #owner: SenderOwner
  readonly #flow: Flow
  #state: 'open' | 'ending' | 'ended' = 'open'
  #linger: ProgressWatch | undefined
  /** Charge for the queue. */
  readonly #charge: Charge

  constructor(host: ChannelHost, owner: SenderOwner) {
    const { sendQueueBytes, window, peerWindowBytes, framePool, budget } = host.options
    this.#host = host
    this.#owner = owner
    this.#charge = new Charge(budget)
    this.#flow = new Flow({
      channelId: owner.id,
      owner: this,
      highWaterBytes: sendQueueBytes,
      creditBytes: window ? peerWindowBytes : Infinity,
      framePool,
    })
  }

  /** `ending`: the last message is queued · `ended`: it has left or was dropped. */
  get state(): 'open' | 'ending' | 'ended' {
    return this.#state
  }

  /** Bytes accepted that have not left. */
  get unsentBytes(): number {
    return this.#flow.queuedBytes
  }

  /** Number of waits for the peer's credit. */
  get windowStalls(): number {
    return this.#flow.stalls
  }

  /** Whether a push has returned false and no drain has followed yet. */
  get wantsDrain(): boolean {
    return this.#flow.wantsDrain
  }

  /** Largest payload of an unsplittable message: it must fit the peer's credit. */
  get maxWholeBytes(): number {
    const { window, peerWindowBytes } = this.#host.options
    // A receiver grants credit in quarters of its window, so half of its first credit always becomes available.
    return window ? Math.max(Math.floor(peerWindowBytes / 2), this.#flow.spareCreditBytes) : maxBaseMessageBytes
  }

  /** Payload bytes to read in one call: those of one message, or fewer while memory is short. */
  get readBytes(): number {
    const { quantumBytes, baseMessageSize, budget } = this.#host.options
    if (baseMessageSize !== undefined) return budget.exceeded ? quantumBytes : baseMessageSize.bytes
    const { spareCreditBytes } = this.#flow
    if (spareCreditBytes >= quantumBytes) return quantumBytes
    return readAheadBytes(spareCreditBytes, budget.freePart, quantumBytes)
  }

  /** Credit received beyond the first, on a channel that has sent nothing. */
  get grantedBytes(): number {
    const { window, peerWindowBytes } = this.#host.options
    return window ? this.#flow.spareCreditBytes - peerWindowBytes : 0
  }

  send(payload: Uint8Array, { memory, inflatedBytes }: SendOptions = given): boolean | undefined {
    if (inflatedBytes !== undefined) return this.#sendCompressed(payload, inflatedBytes)
    if (this.#state !== 'open') return undefined
    if (memory === 'pooled') return this.#sendPooled(payload)
    this.#flow.pushPayload(payload)
    const room = this.#pushed(payload.length)
    if (memory === 'borrowed') this.#flow.keep(payload)
    return room
  }

  sendDatagram(payload: Uint8Array, addresses: { target?: Address; source?: Address }): boolean {
    if (this.#state !== 'open') return false
    if (this.#datagramsFull) return false
    const { id: channelId } = this.#owner
    this.#flow.pushMessage(encodeUdpData({ channelId, compression: 'none', payload, ...addresses }), 0)
    this.sentDatagrams++
    this.#pushed(payload.length)
    return true
  }

  /** Queues the last message. */
  finish(message: Uint8Array): void {
    if (this.#state !== 'open') return
    this.#state = 'ending'
    this.#flow.finish(message)
    this.#host.activate(this.#flow)
  }

  /** Calls `giveUp` when the queue makes no progress for `lingerMs`. */
  linger(giveUp: (error: string) => void): void {
    const { lingerMs } = this.#host.options
    const queuedBytes = (): number => this.#flow.queuedBytes
    this.#linger ??= watchEnd(this.#host, queuedBytes, () => giveUp(stuckText(queuedBytes(), lingerMs)))
  }

  /** Drops the queue; nothing more is sent. */
  cut(): void {
    this.#state = 'ended'
    this.#flow.cut()
    this.#linger?.stop()
    this.#account()
  }

  /** Holds back all messages until {@link release}. */
  hold(): void {
    this.#flow.hold()
  }

  release(): void {
    this.#flow.release()
    this.#host.activate(this.#flow)
  }

  /** Adds a grant of credit; false if the sum exceeds the largest possible window. */
  addCredit(bytes: number): boolean {
    if (!this.#flow.addCredit(bytes)) return false
    this.#host.activate(this.#flow)
    return true
  }

  onDrain(): void {
    this.#owner.onDrain()
  }

  onSent(): void {
    if (this.#charge.bytes > 0) this.#account()
  }

  onFinished(): void {
    this.cut()
    this.#owner.onFinished()
  }

  #sendPooled(payload: Uint8Array): boolean | undefined {
    const frame = this.#host.options.framePool.frameOf?.(payload)
    // A payload larger than the peer's credit leaves in pieces.
    if (frame === undefined || payload.length > this.maxWholeBytes) return this.send(payload)
    writeTcpDataHeader(frame, this.#owner.id, payload.length)
    this.#flow.pushMessage(frame, payload.length)
    return this.#pushed(payload.length)
  }

  #sendCompressed(gzip: Uint8Array, inflatedBytes: number): boolean | undefined {
    const size = { bytes: inflatedBytes, maxBytes: this.maxWholeBytes }
    const message = compressionOf(this.#host.options).messageOf(this.#owner.id, gzip, size)
    if (this.#state !== 'open') return undefined
    this.#flow.pushMessage(message, inflatedBytes)
    return this.#pushed(inflatedBytes)
  }

  #pushed(bytes: number): boolean {
    this.sentBytes += bytes
    this.#owner.idleChecks = 0
    this.#host.activate(this.#flow)
    this.#account()
    return this.#flow.requestRoom(this.#queueLimitBytes)
  }

  /** A queue that is nearly empty, as most are, skips the check of the budget. */
  get #queueLimitBytes(): number {
    const { sendQueueBytes, budget } = this.#host.options
    if (this.#flow.queuedBytes < leastQueueBytes) return sendQueueBytes
    return sendQueueLimitBytes(budget.freePart, sendQueueBytes)
  }

  /**
   * Datagrams have no flow control, so further ones are dropped. Counting the first few is cheaper than computing the
   * limit.
   */
  get #datagramsFull(): boolean {
    const { queuedMessages, queuedBytes } = this.#flow
    if (queuedMessages === 0) return false
    const { datagramQueue, queueBytes, budget } = this.#host.options
    return queuedMessages >= datagramQueue || queuedBytes > queueBytes || budget.exceeded
  }

  #account(): void {
    this.#charge.update(this.#flow.memoryBytes)
  }
}

const given: SendOptions = {}
