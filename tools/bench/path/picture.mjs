import { chart, width } from '../report/chart.mjs'
import { picture, text } from '../report/svg.mjs'

/** Time that one point of a curve stands for, in milliseconds: its value is the longest echo of that time. */
const bucketMs = 200

/** Draws the times of echoes from before a load until its end: a curve for each result of one row. */
export function echoPicture(title, results) {
  const beganAtMs = Math.min(...results.map(({ echoes }) => echoes[0].atMs))
  const lines = results.map(({ system, title, echoes }) => ({
    id: system,
    title: system === 'direct' ? 'plain TCP' : title,
    points: longest(echoes, beganAtMs),
  }))
  const seconds = Math.max(...lines.flatMap(({ points }) => points.map(([x]) => x)))
  const drawn = chart({
    top: 40,
    title: '',
    lines,
    xUnit: 's',
    xTicks: Array.from({ length: Math.ceil(seconds / 2) + 1 }, (_, index) => 2 * index),
    yLabel: (milliseconds) => `${milliseconds.toLocaleString('en-US')} ms`,
    yTicks: [10, 100, 1000, 10_000],
    logarithmic: { x: false, y: true },
  })
  return picture(width, 300, title, text(20, 24, title, { 'font-size': 15, 'font-weight': 600 }) + drawn)
}

/** Returns points of seconds and milliseconds. */
function longest(echoes, beganAtMs) {
  const buckets = new Map()
  for (const { atMs, tookMs } of echoes) {
    const bucket = Math.floor((atMs - beganAtMs) / bucketMs)
    buckets.set(bucket, Math.max(buckets.get(bucket) ?? 0, tookMs))
  }
  return [...buckets].toSorted(([a], [b]) => a - b).map(([bucket, tookMs]) => [(bucket * bucketMs) / 1000, tookMs])
}
