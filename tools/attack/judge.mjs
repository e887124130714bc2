/** Limits that every attack must stay within, with the default limits of the server. */
const allowed = {
  /** Peak resident memory of the server, in MiB. */
  peakMebibytes: 300,
  /** How much the bystander's p99 may grow. */
  slowdown: 3,
  /** A p99 below this is always accepted, in ms: other programs on a machine of two cores can cause as much. */
  floorMs: 50,
}

/** Returns the limits that an attack has exceeded, as text; empty for none. */
export function judge({ peakMebibytes, before, during, faults, floorMs = allowed.floorMs }) {
  const found = [...faults]
  if (!(peakMebibytes <= allowed.peakMebibytes)) {
    found.push(`the server held ${Math.round(peakMebibytes)} MiB, the limit is ${allowed.peakMebibytes}`)
  }
  const most = Math.max(floorMs, allowed.slowdown * before.p99)
  if (!(during.p99 <= most)) {
    found.push(`the bystander's p99 went from ${before.p99.toFixed(1)} to ${during.p99.toFixed(1)} ms`)
  }
  if (during.failed > 0) found.push(`${during.failed} requests of the bystander failed: ${during.reason}`)
  return found
}

/** The value that `share` of all values do not exceed; NaN where there are none. */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}
