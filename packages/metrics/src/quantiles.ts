import type { Sample } from './metric.js'

/** Median, 99th percentile and maximum, in seconds, of ascending times in milliseconds; empty without times. */
export function quantiles(sortedMs: readonly number[]): Sample[] {
  return shown.flatMap((part) => {
    const ms = sortedMs[Math.ceil(part * sortedMs.length) - 1]
    return ms === undefined ? [] : [{ labels: { part: String(part) }, value: ms / 1000 }]
  })
}

const shown = [0.5, 0.99, 1]
