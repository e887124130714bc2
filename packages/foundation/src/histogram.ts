/** Counts of a {@link Histogram} at one moment. */
export interface HistogramSnapshot {
  /** Upper limits of the buckets, in ascending order; one more bucket has no limit. */
  readonly bounds: readonly number[]
  /** Values in each bucket, not cumulative; one more than there are bounds. */
  readonly counts: readonly number[]
  /** Sum of all values. */
  readonly sum: number
}

/** Counts values by size in fixed buckets: a few comparisons and two additions for each. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0

  /** @param bounds Upper limits of the buckets, in ascending order. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  /** Counts a value; one that equals a limit belongs to the bucket below it. */
  add(value: number): void {
    const found = this.#bounds.findIndex((bound) => value <= bound)
    const bucket = found < 0 ? this.#bounds.length : found
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += value
  }

  /** Returns the counts so far. */
  snapshot(): HistogramSnapshot {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum }
  }
}

/** Buckets for the time of a dial or a lookup, in milliseconds: from the same machine to a connect timeout. */
export const latencyBoundsMs: readonly number[] = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000]
