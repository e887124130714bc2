import type { Snapshot } from '@ls/foundation'

/** One number of a metric, with the labels that tell it from others. */
export interface Sample {
  /** By name. */
  readonly labels: Readonly<Record<string, string>>
  /** In the unit that the metric's name ends with. */
  readonly value: number
  /** Name where it is not the metric's own: the parts of a histogram. */
  readonly name?: string
}

/** A metric: what it is called, and how it is read from a snapshot. */
export interface Metric {
  /** By the conventions of Prometheus: base units, and `_total` for counters. */
  readonly name: string
  /** A counter only grows. */
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** One sentence without a full stop. */
  readonly help: string
  /** Names of its labels; `le` of histograms is not among them. */
  readonly labels: readonly string[]
  /** Its numbers at the moment of a snapshot. */
  read(snapshot: Snapshot): readonly Sample[]
}

/** A metric with one number and no labels; without a number it is not there. */
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
