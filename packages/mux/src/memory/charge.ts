import type { MemoryBudget } from './memory-budget.js'

/**
 * The bytes of one queue in a budget. It changes in whole steps, so a busy queue updates the budget a few times and not
 * with each message.
 */
export class Charge {
  readonly #budget: MemoryBudget
  readonly #stepBytes: number
  #bytes = 0

  /** @param stepBytes Bytes that may be held without being counted; 1 counts each byte. */
  constructor(budget: MemoryBudget, stepBytes = 1) {
    this.#budget = budget
    this.#stepBytes = stepBytes
  }

  /** Bytes that are counted now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Updates the charge: the queue holds `heldBytes` now. */
  update(heldBytes: number): void {
    const more = heldBytes - this.#bytes
    if (more >= 0 && more < this.#stepBytes) return
    this.#count(heldBytes - (heldBytes % this.#stepBytes))
  }

  /** Updates the charge to exactly `heldBytes`: for a queue that may stay unchanged for long. */
  settle(heldBytes: number): void {
    this.#count(heldBytes)
  }

  #count(bytes: number): void {
    const change = bytes - this.#bytes
    if (change === 0) return
    this.#bytes = bytes
    if (change > 0) this.#budget.charge(change)
    else this.#budget.release(-change)
  }
}

/** Charges `bytes` to `budget` until the returned function is called. */
export function chargeUntilCalled(budget: MemoryBudget, bytes: number): () => void {
  const charge = new Charge(budget)
  charge.update(bytes)
  return () => charge.update(0)
}
