import { Ledger } from './ledger.js'

/** The limits of a {@link MemoryBudget}, each a whole number of at least 0. */
export interface MemoryBudgetOptions {
  /** Most bytes in memory. */
  readonly limitBytes: number
  /** Most bytes promised to peers. Few of them use up what they were promised, so it may be more. @default limitBytes */
  readonly promiseLimitBytes?: number
  /** Budgets inside this one that are sure of an equal part of half of both limits, see {@link Ledger}. @default 0 */
  readonly shares?: number
  /** Told with each charge that leaves this budget {@link MemoryBudget.exceeded}. Must not charge anything itself. */
  readonly onExceeded?: () => void
}

/**
 * A limit on bytes that several owners share, counted twice: what is in memory (`charge`), and what was promised to
 * peers (`reserve`), because a promise that is kept turns into memory and must not count as both. A budget may have a
 * parent, so that they form a tree: process → tenant → session.
 *
 * @example
 * const processBudget = new MemoryBudget({ limitBytes: 512 * 1024 * 1024 })
 * const sessionBudget = new MemoryBudget({ limitBytes: 128 * 1024 * 1024 }, processBudget)
 * if (sessionBudget.reserve(65_536)) sessionBudget.cancel(65_536)
 */
export class MemoryBudget {
  readonly #memory: Ledger
  readonly #promises: Ledger
  readonly #parent: MemoryBudget | undefined
  readonly #onExceeded: (() => void) | undefined

  /** @throws RangeError when a limit is not a whole number of at least 0. */
  constructor(
    { limitBytes, promiseLimitBytes = limitBytes, shares = 0, onExceeded }: MemoryBudgetOptions,
    parent?: MemoryBudget,
  ) {
    wholeNumber('limitBytes', limitBytes)
    wholeNumber('promiseLimitBytes', promiseLimitBytes)
    wholeNumber('shares', shares)
    this.#parent = parent
    this.#onExceeded = onExceeded
    const [memory, promises] = parent === undefined ? [] : [parent.#memory, parent.#promises]
    this.#memory = new Ledger({ limitBytes, shares }, memory)
    this.#promises = new Ledger({ limitBytes: promiseLimitBytes, shares }, promises)
  }

  /** Most bytes in memory, as given. */
  get limitBytes(): number {
    return this.#memory.limitBytes
  }

  /** Bytes in memory now. */
  get usedBytes(): number {
    return this.#memory.bytes
  }

  /** Bytes that peers were allowed to send. */
  get reservedBytes(): number {
    return this.#promises.bytes
  }

  /** True when more is in memory than allowed here, or in a parent where this one holds more than others. */
  get exceeded(): boolean {
    return this.#memory.overdrawn
  }

  /** True when so little memory is left that those who have some need it: whoever is new had better wait. */
  get short(): boolean {
    return this.#memory.freePart <= keptPart
  }

  /** How much is left to promise, as a part of what there could be: 1 for an unused budget, 0 or less for a full one. */
  get freePart(): number {
    return Math.min(this.#promises.freePart, this.#memory.freePart)
  }

  /** Promises `bytes` if they fit here and in every parent; promises nothing otherwise. */
  reserve(bytes: number): boolean {
    return this.#promises.take(bytes)
  }

  /** Counts a promise that was made already, past the limit if need be. */
  promise(bytes: number): void {
    this.#promises.add(bytes)
  }

  /** Takes a promise back. */
  cancel(bytes: number): void {
    this.#promises.add(-bytes)
  }

  /** Counts bytes that are in memory already, past the limit if need be. */
  charge(bytes: number): void {
    this.#memory.add(bytes)
    this.#reportExcess()
  }

  /** Undoes `charge`. */
  release(bytes: number): void {
    this.#memory.add(-bytes)
  }

  /** Gives everything back to the parent; what is given back later counts no more. */
  close(): void {
    this.#memory.close()
    this.#promises.close()
  }

  #reportExcess(): void {
    if (this.#onExceeded !== undefined && this.exceeded) this.#onExceeded()
    if (this.#parent !== undefined) this.#parent.#reportExcess()
  }
}

/** Of 128 MiB, 4 MiB: enough for channels that run and take what comes. */
const keptPart = 1 / 32

function wholeNumber(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return
  throw new RangeError(`${name} is ${value}; it must be a whole number of at least 0`)
}
