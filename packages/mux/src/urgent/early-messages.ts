import { MuxError } from '../errors.js'
import { Charge } from '../memory/charge.js'
import type { MemoryBudget } from '../memory/memory-budget.js'

/** Numbers of messages that have arrived as a copy and not yet over the main transport (protocol.md §3.9). */
export class EarlyMessages {
  readonly #numbers = new Set<number>()
  readonly #charge: Charge

  /** `budget` is charged for the numbers. */
  constructor(budget: MemoryBudget) {
    this.#charge = new Charge(budget)
  }

  /**
   * Records a copy of message `sequence`, while the main transport has brought all up to `received`. False if the
   * message has arrived already.
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

  /** Records that message `sequence` arrived over the main transport: true if it was delivered already. */
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

/** Largest lead of a copy over the main transport, in messages: a receiver keeps at most so many numbers. */
export const maxEarlyMessages = 8192

/** Memory of a number in a Set, in bytes. */
const numberBytes = 40
