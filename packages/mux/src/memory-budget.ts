/**
 * A limit on bytes that several owners share, counted twice: what is in memory (`charge`), and what was promised to
 * peers (`reserve`), because a promise that is kept turns into memory and must not count as both. A budget may have a
 * parent: a session's lies inside the process's, and a reservation has to fit both.
 *
 * @example
 * const processBudget = new MemoryBudget(512 * 1024 * 1024)
 * const sessionBudget = new MemoryBudget(128 * 1024 * 1024, processBudget)
 * if (sessionBudget.reserve(65_536)) sessionBudget.cancel(65_536)
 */
export class MemoryBudget {
  readonly limitBytes: number
  readonly #parent: MemoryBudget | undefined
  #usedBytes = 0
  #reservedBytes = 0

  /** @throws RangeError when the limit is not a whole number of at least 0. */
  constructor(limitBytes: number, parent?: MemoryBudget) {
    if (!Number.isSafeInteger(limitBytes) || limitBytes < 0) {
      throw new RangeError(`limitBytes is ${limitBytes}; it must be a whole number of at least 0`)
    }
    this.limitBytes = limitBytes
    this.#parent = parent
  }

  /** Bytes in memory now. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Bytes that peers were allowed to send beyond their first windows. */
  get reservedBytes(): number {
    return this.#reservedBytes
  }

  /** True when more is in memory than allowed, here or in a parent. */
  get exceeded(): boolean {
    return this.#usedBytes > this.limitBytes || (this.#parent?.exceeded ?? false)
  }

  /** Promises `bytes` if they fit here and in every parent; promises nothing otherwise. */
  reserve(bytes: number): boolean {
    if (this.#reservedBytes + bytes > this.limitBytes) return false
    if (this.#parent !== undefined && !this.#parent.reserve(bytes)) return false
    this.#reservedBytes += bytes
    return true
  }

  /** Takes a promise back. */
  cancel(bytes: number): void {
    this.#reservedBytes -= bytes
    this.#parent?.cancel(bytes)
  }

  /** Counts bytes that are in memory already, past the limit if need be. */
  charge(bytes: number): void {
    this.#usedBytes += bytes
    this.#parent?.charge(bytes)
  }

  /** Undoes `charge`. */
  release(bytes: number): void {
    this.#usedBytes -= bytes
    this.#parent?.release(bytes)
  }
}
