import { messageOverheadBytes } from '../channel/held-message.js'
import { Fifo } from './fifo.js'
import type { Flow } from './flow.js'

/**
 * Decides which message a session sends next: control messages first, then flows in turn by deficit round robin, a
 * quantum each (Shreedhar & Varghese 1996). A flow that was idle goes before those that are always full until its
 * quantum is used (the sparse flows of RFC 8290 §4.1), so a keystroke overtakes a download but cannot starve it.
 */
export class Scheduler {
  /** Bytes that a flow may send in its turn, and the largest payload of a message. */
  quantumBytes: number
  readonly #control = new Fifo<Uint8Array>()
  readonly #fresh = new Fifo<Flow>()
  readonly #busy = new Fifo<Flow>()
  #controlBytes = 0
  #current: Flow | undefined

  constructor(quantumBytes: number) {
    this.quantumBytes = quantumBytes
  }

  /** Memory that waiting control messages take. */
  get controlBytes(): number {
    return this.#controlBytes
  }

  /** Queues a message that goes before all flows, in order with other control messages. */
  pushControl(message: Uint8Array): void {
    this.#control.push(message)
    this.#controlBytes += message.length + messageOverheadBytes
  }

  /** Notifies the scheduler that `flow` may have something to send; harmless if it has not. */
  activate(flow: Flow): void {
    if (flow.inFresh || flow === this.#current || !flow.ready) return
    if (!flow.inBusy) flow.deficitBytes = this.quantumBytes
    if (flow.deficitBytes <= 0) return
    flow.inFresh = true
    this.#fresh.push(flow)
  }

  /** The next urgent message: control, or from a flow that was idle. */
  nextUrgent(): Uint8Array | undefined {
    const message = this.#control.shift()
    if (message === undefined) return this.#nextFresh()
    this.#controlBytes -= message.length + messageOverheadBytes
    return message
  }

  /** The next message from flows that always have something to send, in turn. */
  nextBulk(): Uint8Array | undefined {
    for (;;) {
      this.#current ??= this.#turn()
      const flow = this.#current
      if (flow === undefined) return undefined
      const message = this.#takeFrom(flow)
      if (message !== undefined) return message
      this.#current = undefined
      if (flow.ready) this.#enlist(flow)
    }
  }

  /** The next message to send, or undefined when nothing can be sent. */
  next(): Uint8Array | undefined {
    return this.nextUrgent() ?? this.nextBulk()
  }

  clear(): void {
    this.#control.clear()
    this.#controlBytes = 0
    this.#fresh.clear()
    this.#busy.clear()
    this.#current = undefined
  }

  #nextFresh(): Uint8Array | undefined {
    for (let flow = this.#fresh.peek(); flow !== undefined; flow = this.#fresh.peek()) {
      const message = this.#takeFrom(flow)
      if (message !== undefined) return message
      this.#fresh.shift()
      flow.inFresh = false
      // Stays in the busy list even when empty: it gets its next quantum in turn, not each time it becomes empty.
      this.#enlist(flow)
    }
    return undefined
  }

  #turn(): Flow | undefined {
    const flow = this.#busy.shift()
    if (flow === undefined) return undefined
    flow.inBusy = false
    flow.deficitBytes = Math.min(flow.deficitBytes, 0) + this.quantumBytes
    return flow
  }

  #enlist(flow: Flow): void {
    if (flow.inBusy) return
    flow.inBusy = true
    this.#busy.push(flow)
  }

  #takeFrom(flow: Flow): Uint8Array | undefined {
    if (flow.deficitBytes <= 0) return undefined
    const message = flow.take(this.quantumBytes)
    if (message !== undefined) flow.deficitBytes -= message.length
    return message
  }
}
