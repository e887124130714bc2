import { checkInteger } from '@ls/foundation'
import { Ledger } from './ledger.js'
import type { LedgerParent } from './member-ledger.js'

/** Limits of a {@link MemoryBudget}, each a whole number of at least 0. */
export interface MemoryBudgetOptions {
  /** Most bytes in memory. */
  readonly limitBytes: number
  /**
   * Most bytes promised to peers. May exceed `limitBytes`, since few peers use their whole promise.
   * @default limitBytes
   */
  readonly promiseLimitBytes?: number | undefined
  /**
   * Called with each charge that leaves this budget {@link MemoryBudget.exceeded}. Must not charge any bytes itself.
   */
  readonly onExceeded?: (() => void) | undefined
}

/** What a {@link MemoryBudget} needs of the one above it, a {@link SharedBudget}. */
export interface BudgetParent {
  /** Counts the memory of all members. */
  readonly memory: LedgerParent
  /** Counts the promises of all members. */
  readonly promises: LedgerParent
  /** Reports that a limit is exceeded. */
  reportExcess(): void
}

/** The two counts of a budget. */
export interface BudgetLedgers {
  readonly memory: Ledger
  readonly promises: Ledger
}

/**
 * A byte limit shared by several owners. It counts memory in use (`charge`) and bytes promised to peers (`reserve`)
 * separately, since a promise that is used becomes memory and must not count twice. Budgets form a tree through their
 * parents, each a {@link SharedBudget}: process → tenant → session.
 *
 * @example
 * const processBudget = new SharedBudget({ limitBytes: 512 * 1024 * 1024 })
 * const sessionBudget = new MemoryBudget({ limitBytes: 128 * 1024 * 1024 }, processBudget)
 * if (sessionBudget.reserve(65_536)) sessionBudget.cancel(65_536)
 */
export class MemoryBudget {
  readonly #memory: Ledger
  readonly #promises: Ledger
  readonly #parent: BudgetParent | undefined
  readonly #onExceeded: (() => void) | undefined

  /** @throws RangeError when a limit is not a whole number of at least 0. */
  constructor(options: MemoryBudgetOptions, parent?: BudgetParent, ledgers = makeLedgers(options, parent)) {
    this.#parent = parent
    this.#onExceeded = options.onExceeded
    this.#memory = ledgers.memory
    this.#promises = ledgers.promises
  }

  /** Most bytes in memory, as given. */
  get limitBytes(): number {
    return this.#memory.limitBytes
  }

  /** Bytes in memory now. */
  get usedBytes(): number {
    return this.#memory.bytes
  }

  /** Bytes that peers may send. */
  get reservedBytes(): number {
    return this.#promises.bytes
  }

  /** Whether this budget is over its limit, or a parent is and this one holds more than the others. */
  get exceeded(): boolean {
    return this.#memory.overdrawn
  }

  /** Whether existing channels need all the memory that is left: new ones should wait. */
  get short(): boolean {
    return this.#memory.freePart <= keptPart
  }

  /** Part of the promise limit that is left: 1 when unused, 0 or less when full. */
  get freePart(): number {
    return Math.min(this.#promises.freePart, this.#memory.freePart)
  }

  /** Promises `bytes` if they fit here and in every parent; otherwise changes nothing. */
  reserve(bytes: number): boolean {
    return this.#promises.take(bytes)
  }

  /** Counts a promise that was made already, even above the limit. */
  promise(bytes: number): void {
    this.#promises.add(bytes)
  }

  /** Cancels a promise. */
  cancel(bytes: number): void {
    this.#promises.add(-bytes)
  }

  /** Counts bytes that are in memory already, even above the limit. */
  charge(bytes: number): void {
    this.#memory.add(bytes)
    this.reportExcess()
  }

  /** Undoes `charge`. */
  release(bytes: number): void {
    this.#memory.add(-bytes)
  }

  /** Returns everything to the parent; later changes are ignored. */
  close(): void {
    this.#memory.close()
    this.#promises.close()
  }

  /** Calls `onExceeded` here and above where a limit is exceeded. */
  reportExcess(): void {
    if (this.#onExceeded !== undefined && this.exceeded) this.#onExceeded()
    this.#parent?.reportExcess()
  }
}

function makeLedgers(options: MemoryBudgetOptions, parent: BudgetParent | undefined): BudgetLedgers {
  const { limitBytes, promiseLimitBytes } = checkBudgetLimits(options)
  return {
    memory: parent?.memory.member(limitBytes) ?? new Ledger(limitBytes),
    promises: parent?.promises.member(promiseLimitBytes) ?? new Ledger(promiseLimitBytes),
  }
}

/** Checks the limits and applies the default. @throws RangeError when one is not a whole number of at least 0 */
export function checkBudgetLimits({ limitBytes, promiseLimitBytes = limitBytes }: MemoryBudgetOptions): {
  readonly limitBytes: number
  readonly promiseLimitBytes: number
} {
  checkInteger('limitBytes', limitBytes, 0)
  return { limitBytes, promiseLimitBytes: checkInteger('promiseLimitBytes', promiseLimitBytes, 0) }
}

/** Part kept for existing channels, 4 MiB of 128 MiB: enough while their consumers read fast enough. */
const keptPart = 1 / 32
