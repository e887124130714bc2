import type { HistogramSnapshot, Snapshot } from '@ls/foundation'
import type { Metric, Sample } from './metric.js'

/** Metric for a histogram of times, which are read in milliseconds and written in seconds. */
export function latency(name: string, help: string, histogramOf: (snapshot: Snapshot) => HistogramSnapshot): Metric {
  return { name, type: 'histogram', help, labels: [], read: (snapshot) => samplesOf(name, histogramOf(snapshot)) }
}

/** Samples of a histogram. Buckets are cumulative, and the last one has no limit (OpenMetrics 1.0, "Histogram"). */
function samplesOf(name: string, { bounds, counts, sum }: HistogramSnapshot): Sample[] {
  let count = 0
  const buckets = counts.map((inBucket, index) => {
    count += inBucket
    const bound = bounds[index]
    const le = bound === undefined ? '+Inf' : String(bound / 1000)
    return { name: `${name}_bucket`, labels: { le }, value: count }
  })
  return [
    ...buckets,
    { name: `${name}_sum`, labels: {}, value: sum / 1000 },
    { name: `${name}_count`, labels: {}, value: count },
  ]
}
