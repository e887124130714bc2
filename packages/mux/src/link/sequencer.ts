import type { AckArrival, AckMessage } from '@ls/codec'
import type { Clock } from '@ls/foundation'
import type { FrameSource } from '../memory/frame-pool.js'
import type { MemoryBudget } from '../memory/memory-budget.js'
import type { PathLimit, PathLimitOptions } from '../path/path-limit.js'
import type { SessionParts } from '../session/session-parts.js'
import { AckSchedule } from './ack-schedule.js'
import { ReplayBuffer } from './replay-buffer.js'

/** Options of a session that its {@link Sequencer} uses. */
export interface SequencedSession {
  readonly clock: Clock
  /** Memory for unacknowledged messages, in bytes; at the limit sending stops. */
  readonly replayLimitBytes: number
  /** The peer acknowledges promptly and reports arrival times. */
  readonly ack2: boolean
  /** Largest payload of a message, in bytes. */
  readonly quantumBytes: number
  /** Recycles the memory of acknowledged messages. */
  readonly framePool: FrameSource
  /** Charged for unacknowledged messages. While it is exceeded and there are any, no new message is sent. */
  readonly budget: MemoryBudget
}

export interface SequencerOptions {
  readonly session: SequencedSession
  /** An Ack of everything received so far is due. */
  onAckDue(): void
  /** Sends waiting messages: bulk that was held back may leave. */
  pump(): void
  /** Makes the limit of bulk. */
  readonly parts: Pick<SessionParts, 'pathLimit'>
}

/**
 * Counts the messages of a session in both directions, so that a new transport continues where the old one was cut
 * (protocol.md §3, `resume`).
 */
export class Sequencer {
  readonly #options: SequencerOptions
  readonly #replay: ReplayBuffer
  readonly #pathOptions: PathLimitOptions
  #path: PathLimit
  #isRelaxed = false
  /** Number of the last message given to the current transport. */
  #sent = 0
  #received = 0
  readonly #acks: AckSchedule

  constructor(options: SequencerOptions) {
    this.#options = options
    const { clock, ack2, quantumBytes, framePool, budget } = options.session
    this.#replay = new ReplayBuffer(framePool, budget)
    this.#pathOptions = {
      clock,
      ack2,
      quantumBytes,
      unacknowledgedBytes: () => this.#replay.bytes,
      onDue: () => options.pump(),
      onMeasure: (make) => this.#measure(make),
    }
    this.#path = options.parts.pathLimit(this.#pathOptions)
    this.#acks = new AckSchedule(clock, ack2, () => options.onAckDue())
  }

  /** Number of the last message received. */
  get received(): number {
    return this.#received
  }

  /** Whether a numbered message was ever sent or received. */
  get started(): boolean {
    return this.#received > 0 || this.#replay.lastSequence > 0
  }

  /** Number of the last message that was recorded. */
  get last(): number {
    return this.#replay.lastSequence
  }

  /** Number of the last message that the peer has acknowledged. */
  get acknowledged(): number {
    return this.#replay.acknowledged
  }

  /** Returns a message that is not acknowledged. */
  at(sequence: number): Uint8Array | undefined {
    return this.#replay.get(sequence)
  }

  /** Whether messages that an old transport lost are still to be sent again. */
  get resending(): boolean {
    return this.#sent < this.#replay.lastSequence
  }

  /** Whether urgent messages would arrive sooner over another transport. */
  get crowded(): boolean {
    return this.#path.crowded
  }

  /** Allows for losses and for pauses of TCP: urgent messages have another transport. */
  relax(relaxed: boolean): void {
    this.#isRelaxed = relaxed
    this.#path.relax(relaxed)
  }

  /** Bytes of unacknowledged messages. */
  get replayBytes(): number {
    return this.#replay.bytes
  }

  /** Whether no new message may be sent before the peer acknowledges. */
  get full(): boolean {
    const { replayLimitBytes, budget } = this.#options.session
    const { memoryBytes } = this.#replay
    // With few unacknowledged bytes, this link does not cause the excess, and it might get no Ack that ends the wait.
    return memoryBytes >= replayLimitBytes || (memoryBytes >= minHeldBackBytes && budget.exceeded)
  }

  /** Whether bulk has to wait because enough bytes are in flight, or too many left in the last milliseconds. */
  get saturated(): boolean {
    return this.#path.holdsBack
  }

  /** Largest payload of a bulk message now, in bytes. */
  get messageBytes(): number {
    return this.#path.messageBytes
  }

  /** Makes an Ack of everything received so far, to be sent immediately. */
  makeAck(): Omit<AckMessage, 'type'> {
    const arrival = this.#acks.takeArrival()
    return { sequence: this.#received, ...(arrival && { arrival }) }
  }

  /** Counts and keeps a message that is sent for the first time. */
  record(message: Uint8Array): void {
    this.#replay.add(message)
    this.#sent++
    this.#path.sent(this.#sent, message.length)
    this.#acks.passed(message.length)
  }

  /** Returns the next message that the old transport lost; undefined once all are resent. */
  nextLost(): Uint8Array | undefined {
    if (this.#sent === this.#replay.lastSequence) return undefined
    return this.#replay.get(++this.#sent)
  }

  /** Whether all messages after `peerReceived`, which the peer lacks, are still kept. */
  canRestart(peerReceived: number): boolean {
    return peerReceived >= this.#replay.acknowledged && peerReceived <= this.#replay.lastSequence
  }

  /** Continues on a new transport whose peer has everything up to `peerReceived`; false if that is impossible. */
  restart(peerReceived: number): boolean {
    if (!this.canRestart(peerReceived)) return false
    this.#replay.acknowledge(peerReceived)
    this.#path.restart(this.#replay.lastSequence)
    this.#sent = peerReceived
    return true
  }

  /** Counts a numbered message that arrived. */
  countReceived(bytes: number): void {
    this.#received++
    this.#acks.received(bytes)
  }

  /** Handles an Ack of the peer up to `sequence`; false if that was never sent. */
  onAck(sequence: number, arrival?: AckArrival): boolean {
    if (sequence > this.#sent) return false
    const before = this.#replay.bytes
    this.#replay.acknowledge(sequence)
    this.#path.acknowledged(sequence, before - this.#replay.bytes, arrival)
    return true
  }

  /** Cancels the Ack and the pace until the next transport, since this one is gone. */
  stop(): void {
    this.#acks.stop()
    this.#path.stop()
    this.#replay.settle()
  }

  clear(): void {
    this.stop()
    this.#replay.clear()
  }

  #measure(make: (options: PathLimitOptions) => PathLimit): void {
    this.#path.stop()
    this.#path = make(this.#pathOptions)
    this.#path.restart(this.#replay.lastSequence)
    this.#path.relax(this.#isRelaxed)
    this.#options.pump()
  }
}

/** Least unacknowledged bytes for which a session over its budget is held back: two long messages. */
const minHeldBackBytes = 131_072
