import type { Sample } from './metric.js'

/** Median, 99th percentile and maximum of times in milliseconds, ascending, in seconds; none of no times. */
export function quantiles(sortedMs: readonly number[]): Sample[] {
  return shown.flatMap((quantile) => {
    const ms = sortedMs[Math.ceil(quantile * sortedMs.length) - 1]
    return ms === undefined ? [] : [{ labels: { quantile: String(quantile) }, value: ms / 1000 }]
  })
}

const shown = [0.5, 0.99, 1]
