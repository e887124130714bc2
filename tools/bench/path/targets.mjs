// The targets of each row, relative to plain TCP in the same run.

/**
 * Returns the figures of a row that miss its targets, as text; empty if there are none.
 *
 * `mbitShare`: least share of plain TCP's throughput · `openOfPlain`, `p50OfPlain`: most, in times of plain TCP ·
 * `p50BeyondIdleMs`, `p99BeyondIdleMs`: most, beyond an echo without load · `backMs`: most, from a change of the rate
 * until echoes are quick again. `mostMbit`: see {@link payloadMbit}.
 */
export function shortfalls(targets, figures, plain, mostMbit = Infinity) {
  const { idleMs } = figures
  return [
    tooLittle('throughput', figures.mbit, Math.min(plain.mbit, mostMbit), targets.mbitShare),
    tooLong('p50', figures.echoP50Ms, idleMs + targets.p50BeyondIdleMs),
    tooLong('p50', figures.echoP50Ms, plain.echoP50Ms * targets.p50OfPlain),
    tooLong('p99', figures.echoP99Ms, idleMs + targets.p99BeyondIdleMs),
    tooLong('opening', figures.openP50Ms, plain.openP50Ms * targets.openOfPlain),
    ...(figures.backMs ?? []).map((backMs) => tooLong('back', backMs, targets.backMs)),
  ].filter((text) => text !== undefined)
}

/**
 * Returns the time from a change of the rate until echoes are fast again, in milliseconds: from then until the next
 * change, at most one in a hundred takes more than `allowedMs`.
 */
export function backAfterMs(echoes, { fromMs, toMs, allowedMs }) {
  const own = echoes.filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
  const slow = own.filter(({ tookMs }) => tookMs > allowedMs).toSorted((a, b) => b.atMs - a.atMs)
  const last = slow[Math.floor(own.length / 100)]
  return last === undefined ? 0 : last.atMs - fromMs
}

/**
 * Returns the largest rate of payload on a path, in Mbit/s. Plain TCP's figure can be a tenth higher: it includes bytes
 * that waited behind lost packets when the measurement began.
 */
export function payloadMbit({ shape, changes = [shape.mbit] }) {
  const mbit = changes.reduce((sum, each) => sum + each, 0) / changes.length
  return mbit * payloadShare * (1 - shape.lossPercent / 100)
}

/** Payload of a packet of 1500 bytes. */
const payloadShare = 1448 / 1500

/** Returns how much longer than an idle echo an echo may take on a path of this rate, in milliseconds. */
export function allowanceMs(mbit) {
  return mbit <= 1 ? 250 : 30
}

/** Without a target for a row the limit is NaN, and no value exceeds it. */
function tooLong(name, value, limit) {
  return value > limit ? `${name} ${Math.round(value)} > ${Math.round(limit)} ms` : undefined
}

function tooLittle(name, value, plain, share) {
  return value < share * plain ? `${name} ${(value / plain).toFixed(2)} < ${share}` : undefined
}
