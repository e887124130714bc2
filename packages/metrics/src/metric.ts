import type { Snapshot } from '@ls/foundation'

/** One number of a metric, with the labels that distinguish it from others. */
export interface Sample {
  /** Label values by name. */
  readonly labels: Readonly<Record<string, string>>
  /** Value, in the unit with which the metric's name ends. */
  readonly value: number
  /** Name if it differs from the metric's: the parts of a histogram. */
  readonly name?: string
}

/** A metric: its name, and how it is read from a snapshot. */
export interface Metric {
  /** Name by the conventions of Prometheus: base units, and `_total` for counters. */
  readonly name: string
  /** Type; a counter only grows. */
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** Description: one sentence without a full stop. */
  readonly help: string
  /** Names of its labels; `le` of histograms is not among them. */
  readonly labels: readonly string[]
  /** Reads its numbers from a snapshot. */
  read(snapshot: Snapshot): readonly Sample[]
}

/** Metric with one number and no labels; if the number is undefined, it has no sample. */
export function single(
  { name, type, help }: Pick<Metric, 'name' | 'type' | 'help'>,
  valueOf: (snapshot: Snapshot) => number | undefined,
): Metric {
  const read = (snapshot: Snapshot): Sample[] => {
    const value = valueOf(snapshot)
    return value === undefined ? [] : [{ labels: {}, value }]
  }
  return { name, type, help, labels: [], read }
}
