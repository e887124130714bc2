import { checkInteger } from '@ls/foundation'
import { type BudgetParent, checkBudgetLimits, MemoryBudget, type MemoryBudgetOptions } from './memory-budget.js'
import { SharedLedger } from './shared-ledger.js'

/** Limits of a {@link SharedBudget}. */
export interface SharedBudgetOptions extends MemoryBudgetOptions {
  /**
   * Number of members that are guaranteed an equal part of half of both limits. The other half is lent, first come
   * first served. @default 0, all of both limits is first come first served
   */
  readonly shares?: number | undefined
}

/** A budget whose limits other budgets share: that of a process or of a tenant. */
export class SharedBudget extends MemoryBudget implements BudgetParent {
  readonly memory: SharedLedger
  readonly promises: SharedLedger

  /** @throws RangeError when a limit is not a whole number of at least 0. */
  constructor(options: SharedBudgetOptions, parent?: BudgetParent) {
    const { limitBytes, promiseLimitBytes } = checkBudgetLimits(options)
    const shares = checkInteger('shares', options.shares ?? 0, 0)
    const memory = new SharedLedger({ limitBytes, shares }, parent?.memory)
    const promises = new SharedLedger({ limitBytes: promiseLimitBytes, shares }, parent?.promises)
    super(options, parent, { memory, promises })
    this.memory = memory
    this.promises = promises
  }
}
