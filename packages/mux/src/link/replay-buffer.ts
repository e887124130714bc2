import { messageOverheadBytes } from '../channel/held-message.js'
import { Fifo } from '../flow/fifo.js'
import { Charge } from '../memory/charge.js'
import type { FrameSource } from '../memory/frame-pool.js'
import type { MemoryBudget } from '../memory/memory-budget.js'

/**
 * Numbered messages that the peer has not acknowledged, in order (protocol.md §3, `resume`).
 * Numbers start at 1 and are never sent: both ends count.
 */
export class ReplayBuffer {
  readonly #messages = new Fifo<Uint8Array>()
  readonly #framePool: FrameSource
  readonly #charge: Charge
  #acknowledged = 0
  #bytes = 0

  /** `framePool` gets the memory of acknowledged messages back; `budget` is charged for kept messages. */
  constructor(framePool: FrameSource, budget: MemoryBudget) {
    this.#framePool = framePool
    this.#charge = new Charge(budget, chargeStepBytes)
  }

  /** Number of the last message that was added, 0 before the first. */
  get lastSequence(): number {
    return this.#acknowledged + this.#messages.length
  }

  /** Number of the last message that the peer has acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged
  }

  /** Bytes of the kept messages. */
  get bytes(): number {
    return this.#bytes
  }

  /** Memory of the kept messages, in bytes; many short ones take more memory than their bytes. */
  get memoryBytes(): number {
    return this.#bytes + this.#messages.length * messageOverheadBytes
  }

  add(message: Uint8Array): void {
    this.#messages.push(message)
    this.#bytes += message.length
    this.#charge.update(this.memoryBytes)
  }

  /** Returns the message with this number, or undefined when it is not kept. */
  get(sequence: number): Uint8Array | undefined {
    return this.#messages.at(sequence - this.#acknowledged - 1)
  }

  /** Drops everything up to `sequence`; false if that number was never used. Older numbers change nothing. */
  acknowledge(sequence: number): boolean {
    if (sequence > this.lastSequence) return false
    while (this.#acknowledged < sequence) {
      const message = this.#messages.shift()
      this.#acknowledged++
      if (message === undefined) continue
      this.#bytes -= message.length
      this.#framePool.give(message)
    }
    this.#charge.update(this.memoryBytes)
    return true
  }

  /**
   * Called when the link is lost: charges each byte until the next link, since thousands of sessions may wait for
   * theirs.
   */
  settle(): void {
    this.#charge.settle(this.memoryBytes)
  }

  clear(): void {
    this.#messages.clear()
    this.#bytes = 0
    this.#charge.update(0)
  }
}

/** Step of the charge, in bytes: 10,000 links without Acks leave at most 40 MiB uncounted. */
const chargeStepBytes = 4096
