import { encodeAck } from '@ls/codec/messages'
import type { Flow } from '../flow/flow.js'
import { Scheduler } from '../flow/scheduler.js'
import { Charge } from '../memory/charge.js'
import type { FrameSource } from '../memory/frame-pool.js'
import type { MemoryBudget } from '../memory/memory-budget.js'
import type { UrgentCopies } from '../urgent/urgent-copies.js'
import type { BaseMessageSize } from './base-message-size.js'
import type { Sequencer } from './sequencer.js'
import type { MessageTransport } from './transport.js'

export interface OutboxOptions {
  readonly quantumBytes: number
  /** Allocates frames with room before them for the transport's header. */
  readonly framePool: FrameSource
  /** Budget for waiting control messages. */
  readonly budget: MemoryBudget
  /** Present with `resume`. */
  readonly sequencer?: Sequencer | undefined
  /** On a base link: replaces `quantumBytes`. */
  readonly baseMessageSize?: BaseMessageSize | undefined
}

/** Moves messages from the scheduler to the transport, while the transport accepts them. */
export class Outbox {
  readonly #scheduler: Scheduler
  readonly #sequencer: Sequencer | undefined
  readonly #baseMessageSize: BaseMessageSize | undefined
  readonly #framePool: FrameSource
  readonly #budget: MemoryBudget
  readonly #controlCharge: Charge
  #transport: MessageTransport | undefined
  #writable = false
  #ackDue = false
  #pumping = false
  #copies: UrgentCopies | undefined

  constructor({ quantumBytes, sequencer, baseMessageSize, framePool, budget }: OutboxOptions) {
    this.#scheduler = new Scheduler(baseMessageSize?.bytes ?? quantumBytes)
    this.#sequencer = sequencer
    this.#baseMessageSize = baseMessageSize
    this.#framePool = framePool
    this.#budget = budget
    this.#controlCharge = new Charge(budget)
  }

  /**
   * Describes the excess of waiting control messages; undefined if there is none. The limit is lower while memory is
   * short: a peer that does not read answers cannot be slowed down, since it can keep sending requests.
   */
  controlExcess(limitBytes: number): string | undefined {
    const { controlBytes } = this.#scheduler
    const isShort = controlBytes > shortControlQueueBytes && this.#budget.exceeded
    const mostBytes = isShort ? Math.min(limitBytes, shortControlQueueBytes) : limitBytes
    if (controlBytes <= mostBytes) return undefined
    return `messages of ${controlBytes} bytes wait, limit ${mostBytes}`
  }

  /** Continues sending over `transport`. */
  start(transport: MessageTransport): void {
    this.#transport = transport
    this.#writable = true
    this.pump()
  }

  /** Sends copies of urgent messages to `copies` from now on; none with undefined. */
  copyTo(copies: UrgentCopies | undefined): void {
    this.#copies = copies
  }

  /** Keeps all messages until the next transport. */
  stop(): void {
    this.#transport = undefined
    this.#writable = false
    this.#ackDue = false
    this.#sequencer?.stop()
  }

  /** Drops all messages permanently. */
  clear(): void {
    this.stop()
    this.#scheduler.clear()
    this.#controlCharge.update(0)
    this.#sequencer?.clear()
  }

  /** Sends a message before all Data. */
  sendControl(message: Uint8Array): void {
    this.#scheduler.pushControl(message)
    this.pump()
  }

  /** Called when `flow` may have something to send. */
  activate(flow: Flow): void {
    this.#scheduler.activate(flow)
    this.pump()
  }

  acknowledge(): void {
    this.#ackDue = true
    this.pump()
  }

  onDrain(): void {
    this.#writable = true
    this.#baseMessageSize?.drained()
    this.#sizeMessages()
    this.pump()
  }

  /** Sends messages. Calls the owners of flows, which may send again: their messages wait for their turn. */
  pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#transport !== undefined && (this.#writable || this.#mayOvertake)) {
        const message = this.#next()
        // The owner may close the session when its last channel gives its last message.
        const transport = this.#transport as MessageTransport | undefined
        if (message === undefined || transport === undefined) break
        this.#writable = transport.send(message, this.#framePool.headroomOf?.(message))
        if (this.#baseMessageSize !== undefined && this.#writable) this.#sizeMessages(message.length)
      }
      if (!this.#writable) this.#baseMessageSize?.blocked()
    } finally {
      this.#pumping = false
      this.#controlCharge.update(this.#scheduler.controlBytes + this.#stuckBytes)
    }
  }

  #sizeMessages(takenBytes = 0): void {
    if (this.#baseMessageSize === undefined) return
    this.#baseMessageSize.taken(takenBytes)
    this.#scheduler.quantumBytes = this.#baseMessageSize.bytes
  }

  /** Bytes that wait in the transport of a base link: no queue counts a long message that is stuck there. */
  get #stuckBytes(): number {
    if (this.#writable || this.#baseMessageSize === undefined) return 0
    return this.#transport?.bufferedBytes ?? 0
  }

  #next(): Uint8Array | undefined {
    const sequencer = this.#sequencer
    if (sequencer === undefined) return this.#scheduler.next()
    if (this.#ackDue) {
      this.#ackDue = false
      return encodeAck(sequencer.makeAck())
    }
    const lost = sequencer.nextLost()
    if (lost !== undefined || sequencer.full) return lost
    this.#scheduler.quantumBytes = sequencer.messageBytes
    const urgent = this.#scheduler.nextUrgent()
    const bulkWaits = !this.#writable || sequencer.saturated
    const message = urgent ?? (bulkWaits ? undefined : this.#scheduler.nextBulk())
    if (message !== undefined) this.#record(message, sequencer, urgent !== undefined)
    return message
  }

  #record(message: Uint8Array, sequencer: Sequencer, isUrgent: boolean): void {
    sequencer.record(message)
    this.#copies?.passed(message, isUrgent)
  }

  /** Whether urgent messages may be sent while bulk waits for room: their copies go over the second transport. */
  get #mayOvertake(): boolean {
    if (this.#copies?.writable !== true || this.#sequencer?.resending !== false) return false
    return (this.#transport?.bufferedBytes ?? 0) < overtakingBytes
  }
}

/** Bytes that may wait in a full transport before urgent messages wait as well. */
const overtakingBytes = 1_048_576

/** Control messages that may wait while the session's budget is exceeded, in bytes: some thousand answers. */
const shortControlQueueBytes = 262_144
