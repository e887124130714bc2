import { MessageType, peekType } from '@ls/codec'
import { decodeUrgent } from '@ls/codec/messages'
import { MuxError } from '../errors.js'
import { Charge } from '../memory/charge.js'
import type { MemoryBudget } from '../memory/memory-budget.js'
import { maxEarlyMessages } from './most-early.js'

/** Numbers of messages that have arrived as a copy and not yet over the main transport (protocol.md §3.9). */
export class EarlyMessages {
  readonly #numbers = new Set<number>()
  readonly #charge: Charge

  /** `budget` is charged for the numbers. */
  constructor(budget: MemoryBudget) {
    this.#charge = new Charge(budget)
  }

  /**
   * Returns the message in a copy that arrives before its original; undefined for a late copy and any other message.
   *
   * @throws MuxError as {@link add} does, CodecError for bytes that are no message
   */
  receive(copy: Uint8Array, received: number): Uint8Array | undefined {
    if (peekType(copy) !== MessageType.Urgent) return undefined
    const { sequence, message } = decodeUrgent(copy)
    // A copy: the receiver must not treat the memory around the message as its own.
    return this.add(sequence, received) ? Uint8Array.from(message) : undefined
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

/** Memory of a number in a Set, in bytes. */
const numberBytes = 40
