import { encode } from '@ls/codec'
import type { Flow } from './flow.js'
import type { FramePool } from './frame-pool.js'
import { Scheduler } from './scheduler.js'
import type { Sequencer } from './sequencer.js'
import type { MessageTransport } from './transport.js'

/** Moves messages from the scheduler to the transport, for as long as the transport takes them. */
export class Outbox {
  readonly #scheduler: Scheduler
  readonly #sequencer: Sequencer | undefined
  readonly #framePool: FramePool
  #transport: MessageTransport | undefined
  #writable = false
  #ackDue = false
  #pumping = false

  /** `framePool`: where the memory of frames comes from, with room before them for the transport. */
  constructor(quantumBytes: number, sequencer: Sequencer | undefined, framePool: FramePool) {
    this.#scheduler = new Scheduler(quantumBytes)
    this.#sequencer = sequencer
    this.#framePool = framePool
  }

  /** Memory that waiting control messages take. */
  get controlBytes(): number {
    return this.#scheduler.controlBytes
  }

  /** Goes on over `transport`. */
  start(transport: MessageTransport): void {
    this.#transport = transport
    this.#writable = true
    this.pump()
  }

  /** Holds everything until the next transport. */
  stop(): void {
    this.#transport = undefined
    this.#writable = false
    this.#ackDue = false
    this.#sequencer?.stop()
  }

  /** Forgets everything, for good. */
  clear(): void {
    this.stop()
    this.#scheduler.clear()
    this.#sequencer?.clear()
  }

  /** Sends a message ahead of all Data. */
  sendControl(message: Uint8Array): void {
    this.#scheduler.pushControl(message)
    this.pump()
  }

  /** `flow` may have something to send. */
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
    this.pump()
  }

  /** Owners of flows are called from in here, and may send again: their messages take their turn. */
  pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    try {
      while (this.#writable && this.#transport !== undefined) {
        const message = this.#next()
        if (message === undefined) break
        this.#writable = this.#transport.send(message, this.#framePool.headroomOf(message))
      }
    } finally {
      this.#pumping = false
    }
  }

  #next(): Uint8Array | undefined {
    const sequencer = this.#sequencer
    if (sequencer === undefined) return this.#scheduler.next()
    if (this.#ackDue) {
      this.#ackDue = false
      return encode(sequencer.makeAck())
    }
    const lost = sequencer.nextLost()
    if (lost !== undefined || sequencer.full) return lost
    this.#scheduler.quantumBytes = sequencer.messageBytes
    const message = this.#scheduler.nextUrgent() ?? (sequencer.saturated ? undefined : this.#scheduler.nextBulk())
    if (message !== undefined) sequencer.record(message)
    return message
  }
}
