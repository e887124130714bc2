import type { MemoryBudget } from '../memory/memory-budget.js'
import type { CopiedMessages } from './copied-messages.js'
import { maxEarlyMessages } from './most-early.js'

/** Numbers of messages that have arrived as a copy and not yet over the main transport (protocol.md §3.9). */
export class EarlyMessages {
  readonly #numbers = new Set<number>()
  readonly #messages: Pick<CopiedMessages, 'originalOf'>
  readonly #budget: MemoryBudget

  /** `budget` is charged for the numbers. */
  constructor(messages: Pick<CopiedMessages, 'originalOf'>, budget: MemoryBudget) {
    this.#messages = messages
    this.#budget = budget
  }

  /**
   * Returns the message in a copy that arrives before its original, while the main transport has brought all up to
   * `received`; undefined for a late copy, a second one, and any other message.
   *
   * @throws MuxError for a number that is too far ahead, CodecError for bytes that are no message
   */
  receive(copy: Uint8Array, received: number): Uint8Array | undefined {
    const original = this.#messages.originalOf(copy, received + maxEarlyMessages)
    if (original === undefined) return undefined
    const { sequence, message } = original
    if (sequence <= received || this.#numbers.has(sequence)) return undefined
    this.#numbers.add(sequence)
    this.#budget.charge(numberBytes)
    // A copy: the receiver must not treat the memory around the message as its own.
    return Uint8Array.from(message)
  }

  /** Records that message `sequence` arrived over the main transport: true if it was delivered already. */
  take(sequence: number): boolean {
    if (this.#numbers.size === 0 || !this.#numbers.delete(sequence)) return false
    this.#budget.release(numberBytes)
    return true
  }

  clear(): void {
    this.#budget.release(this.#numbers.size * numberBytes)
    this.#numbers.clear()
  }
}

/** Memory of a number in a Set, in bytes. */
const numberBytes = 40
