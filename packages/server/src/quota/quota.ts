import type { QuotaLimits } from '../policy/policy.js'

/** Bytes that were moved in a period. */
interface UsedInPeriod {
  /** The period: `2026-11-26` or `2026-11`, in UTC. */
  readonly period: string
  readonly bytes: number
}

/** Bytes that a token has moved, in the form of the state file. */
export type UsedAmounts = Partial<Record<QuotaPeriod, UsedInPeriod>>

/** Period of a quota. */
export type QuotaPeriod = 'day' | 'month'

/** Use of a quota. */
export interface QuotaUse {
  /** Period of the quota. */
  readonly period: QuotaPeriod
  /** Bytes moved since the period began. */
  readonly usedBytes: number
  /** Bytes that may be moved. */
  readonly limitBytes: number
  /** Start of the next period, in milliseconds since 1970. */
  readonly endsAtMs: number
}

export interface QuotaOptions {
  readonly limits: QuotaLimits
  /** Use before the start. @default nothing */
  readonly used?: UsedAmounts | undefined
  /** Called once a period when {@link warnPart} is used. */
  readonly onWarning: (use: QuotaUse) => void
  /** Called once a period when all is used. */
  readonly onUsedUp: (use: QuotaUse) => void
}

/** Counts the bytes of one token by day and month of UTC. */
export class Quota {
  readonly #options: QuotaOptions
  readonly #counters: readonly Counter[]

  constructor(options: QuotaOptions) {
    this.#options = options
    const { limits, used = {} } = options
    this.#counters = quotaPeriods.flatMap((period) => {
      const limitBytes = limits[period]
      const { period: current, bytes } = used[period] ?? { period: '', bytes: 0 }
      return limitBytes === undefined ? [] : [{ period, limitBytes, current, bytes, elsewhere: [], toldBytes: bytes }]
    })
  }

  get limits(): QuotaLimits {
    return this.#options.limits
  }

  /** Adds bytes that were moved until `nowMs`, in milliseconds since 1970. */
  add(bytes: number, nowMs: number): void {
    for (const counter of this.#counters) {
      turnTo(counter, nowMs)
      counter.bytes += bytes
      this.#tell(counter, nowMs)
    }
  }

  /** Sets what each other node of a cluster has counted for the token; the limits are for all together. */
  setElsewhere(amounts: readonly UsedAmounts[], nowMs: number): void {
    for (const counter of this.#counters) {
      turnTo(counter, nowMs)
      counter.elsewhere = amounts.flatMap((each) => each[counter.period] ?? [])
      this.#tell(counter, nowMs)
    }
  }

  /** The limit that is used up, that of the longer period if both are; undefined while bytes are left. */
  exceeded(nowMs: number): QuotaUse | undefined {
    const over = this.#counters.filter((counter) => {
      turnTo(counter, nowMs)
      return totalOf(counter) >= counter.limitBytes
    })
    return over.map((counter) => describe(counter, nowMs)).at(-1)
  }

  /** All limits, with their use. */
  uses(nowMs: number): readonly QuotaUse[] {
    return this.#counters.map((counter) => {
      turnTo(counter, nowMs)
      return describe(counter, nowMs)
    })
  }

  /** Amounts counted here, for the state file and for other nodes. */
  amounts(): UsedAmounts {
    return Object.fromEntries(this.#counters.map(({ period, current, bytes }) => [period, { period: current, bytes }]))
  }

  #tell(counter: Counter, nowMs: number): void {
    const [before, bytes] = [counter.toldBytes, totalOf(counter)]
    counter.toldBytes = bytes
    const crosses = (part: number): boolean => before < counter.limitBytes * part && bytes >= counter.limitBytes * part
    if (crosses(1)) this.#options.onUsedUp(describe(counter, nowMs))
    else if (crosses(warnPart)) this.#options.onWarning(describe(counter, nowMs))
  }
}

export const quotaPeriods = ['day', 'month'] as const satisfies readonly QuotaPeriod[]

/** Part of a quota at which the log warns. */
const warnPart = 0.8

/** Reason why a token may move nothing now. */
export function quotaFault({ period, limitBytes, endsAtMs }: QuotaUse): string {
  return `the quota of ${limitBytes} bytes a ${period} is used up until ${new Date(endsAtMs).toISOString()}`
}

/** Whether an amount still counts for a current period. */
export function isCurrent(used: UsedAmounts, nowMs: number): boolean {
  return quotaPeriods.some((period) => !isOver(period, used[period]?.period ?? '', nowMs))
}

interface Counter {
  readonly period: QuotaPeriod
  readonly limitBytes: number
  current: string
  /** Bytes counted here. */
  bytes: number
  /** Bytes that other nodes have counted, in this period or another one. */
  elsewhere: readonly UsedInPeriod[]
  /** Sum of all nodes when the events were last checked. */
  toldBytes: number
}

/** Bytes of all nodes in the current period. */
function totalOf({ current, bytes, elsewhere }: Counter): number {
  return elsewhere.reduce((sum, { period, bytes: more }) => (period === current ? sum + more : sum), bytes)
}

/** Moves a counter to the current period; a new period begins at 0. */
function turnTo(counter: Counter, nowMs: number): void {
  if (!isOver(counter.period, counter.current, nowMs)) return
  counter.current = periodAt(counter.period, nowMs)
  counter.bytes = 0
  counter.toldBytes = 0
}

/**
 * Whether a period is over. A clock that was set back by one period or less does not end it. A clock that was set back
 * by more does: it had been ahead, and the wrong period could last for years. A date before this program was written is
 * ignored, since machines without a battery start in 1970.
 */
function isOver(period: QuotaPeriod, current: string, nowMs: number): boolean {
  if (periodAt(period, nowMs) > current) return true
  return nowMs >= earliestMs && current > periodAt(period, endOf(period, nowMs))
}

/** Date before this program was written: a clock with an earlier time is not set. */
const earliestMs = Date.UTC(2026, 0, 1)

/** Text of a period; the texts sort by time. */
function periodAt(period: QuotaPeriod, atMs: number): string {
  return new Date(atMs).toISOString().slice(0, period === 'day' ? 10 : 7)
}

function describe(counter: Counter, nowMs: number): QuotaUse {
  const { period, limitBytes } = counter
  return { period, usedBytes: totalOf(counter), limitBytes, endsAtMs: endOf(period, nowMs) }
}

function endOf(period: QuotaPeriod, atMs: number): number {
  const at = new Date(atMs)
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]
  return period === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1)
}
