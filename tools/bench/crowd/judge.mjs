/** Limits that a crowd must stay within. */
const allowed = {
  /** Least share of the throughput that the streams had alone. */
  runningShare: 0.95,
  /** Largest factor by which the p99 of new connections may grow. */
  slowdown: 2,
  /** A p99 below this is always accepted, in ms: a single garbage collection on a busy machine takes as long. */
  floorMs: 50,
  /** Resident memory of each process, in MiB: the budget of 192 MiB, and the memory of Node itself. */
  residentMebibytes: 300,
}

export const headLine = `| Mode | Stand still | Opened | Streams, of alone | Opens p50 alone | beside | p99 alone | beside | Failed | MiB of each process, before → with the crowd |
|---|---|--:|--:|--:|--:|--:|--:|--:|---|`

/** Formats a measured row as a line of the table. */
export function rowLine({ mode, direction, opened, alone, beside, memory }) {
  const ms = (value) => `${value.toFixed(1)} ms`
  const latencies = [alone.p50, beside.p50, alone.p99, beside.p99].map(ms)
  const share = `${((beside.bytesPerSecond / alone.bytesPerSecond) * 100).toFixed(1)} %`
  const held = memory.map(({ title, before, after }) => `${title} ${before} → ${after}`).join(', ')
  return `| ${[mode, direction, opened, share, ...latencies, beside.failed, held].join(' | ')} |`
}

/** Returns the limits that a row exceeds. */
export function faultsOf({ mode, direction, crowd, opened, alone, beside, memory }) {
  const found = []
  if (opened < crowd) found.push(`only ${opened} of ${crowd} connections were opened`)
  const share = beside.bytesPerSecond / alone.bytesPerSecond
  if (!(share >= allowed.runningShare)) found.push(`the streams ran at ${(share * 100).toFixed(1)} % of alone`)
  const mostMs = Math.max(allowed.floorMs, allowed.slowdown * alone.p99)
  if (!(beside.p99 <= mostMs))
    found.push(`opens took ${beside.p99.toFixed(1)} ms (p99), the limit is ${mostMs.toFixed(1)}`)
  if (beside.failed > 0) found.push(`${beside.failed} opens failed: ${beside.reason}`)
  for (const { title, after } of memory)
    if (!(after <= allowed.residentMebibytes)) found.push(`the ${title} holds ${after} MiB`)
  return found.map((fault) => `${mode}, ${direction}: ${fault}`)
}
