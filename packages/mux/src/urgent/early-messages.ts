import { MuxError } from '../errors.js'
import { Charge } from '../memory/charge.js'
import type { MemoryBudget } from '../memory/memory-budget.js'

/** Numbers of messages that have arrived as a copy and not over the main transport yet (protocol.md §3.9). */
export class EarlyMessages {
  readonly #numbers = new Set<number>()
  readonly #charge: Charge

  /** `budget` is charged for the numbers. */
  constructor(budget: MemoryBudget) {
    this.#charge = new Charge(budget)
  }

  /**
   * A copy of message `sequence` arrives, while the main transport has brought all up to `received`. False if the
   * message is known already.
   *
   * @throws MuxError for a number that is too far ahead
   */
  add(sequence: number, received: number): boolean {
    if (sequence > received + maxEarlyMessages) {
      throw new MuxError(
        'ERR_MUX_PROTOCOL',
        `copy of message ${sequence}, ${maxEarlyMessages} past ${received} at most`,
      )
    }
    if (sequence <= received || this.#numbers.has(sequence)) return false
    this.#numbers.add(sequence)
    this.#account()
    return true
  }

  /** Message `sequence` arrives over the main transport: true if it was delivered already. */
  take(sequence: number): boolean {
    if (this.#numbers.size === 0 || !this.#numbers.delete(sequence)) return false
    this.#account()
    return true
  }

  clear(): void {
    this.#numbers.clear()
    this.#account()
  }

  #account(): void {
    this.#charge.update(this.#numbers.size * numberBytes)
  }
}

/** How far a copy may be ahead of the main transport, in messages: a receiver remembers so many numbers at most. */
export const maxEarlyMessages = 8192

/** Of a number in a Set, in bytes. */
const numberBytes = 40
