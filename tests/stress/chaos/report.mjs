// The results of a chaos run.

/** Time after a kill during which connections may fail to open, in milliseconds. */
const recoveryMs = 2000

/** Returns the faults of a run, one phrase each. */
export function findFaults({ done, events, standstills, views, counts }) {
  const kills = events.filter(({ kind }) => kind === 'killNode')
  const waits = events.filter(({ kind }) => kind === 'cutOff' || kind === 'stopNode')
  const isExplained = ({ outcome, beganMs, endedMs }) =>
    kills.some((kill) => beganMs <= kill.beganMs + recoveryMs && kill.beganMs <= endedMs) ||
    // A client of a node that is cut off reaches only the providers there, and a client of a suspended node waits for
    // it. Open connections continue.
    (outcome === 'not opened' &&
      (waits.some((wait) => beganMs <= wait.endedMs + recoveryMs && wait.beganMs <= endedMs) ||
        standstills.some((still) => beganMs <= still.endedMs && still.beganMs <= endedMs)))
  const unexplained = done.filter((transfer) => transfer.outcome !== 'intact' && !isExplained(transfer))
  const corrupted = done.filter(({ outcome }) => outcome === 'corrupted').length
  return [
    ...(corrupted === 0 ? [] : [`${corrupted} transfers corrupted`]),
    ...unexplained.map((transfer) => describe(transfer, events)),
    ...views.flatMap((view) => miscounts(view, counts)),
  ]
}

/** Differences of a node's view of the cluster from what there is after the last transfer. */
function miscounts({ name, ...view }, counts) {
  const wrong = Object.entries(counts).filter(([what, count]) => view[what] !== count)
  return wrong.map(([what, count]) => `${name} counts ${view[what]} ${what}, not ${count}`)
}

function describe({ outcome, reason, beganMs, endedMs }, events) {
  const last = events.findLast((event) => event.beganMs <= endedMs)
  const after = last === undefined ? '' : `, ${Math.round(endedMs - last.beganMs)} ms after ${last.kind}`
  const at = new Date(performance.timeOrigin + beganMs).toISOString()
  return `${at} ${outcome} after ${Math.round(endedMs - beganMs)} ms${after}: ${reason}`
}

/** Formats the results as lines for people. */
export function summarize(done, events, standstills) {
  const count = (outcome) => done.filter((transfer) => transfer.outcome === outcome).length
  const openMs = done
    .flatMap(({ beganMs, openedMs }) => (openedMs === undefined ? [] : [openedMs - beganMs]))
    .toSorted((a, b) => a - b)
  const at = (share) => Math.round(openMs[Math.min(openMs.length - 1, Math.floor(openMs.length * share))] ?? 0)
  const notOpenedAt = (name) => {
    const rest = events.filter(({ kind }) => kind === name)
    const isNear = ({ beganMs, endedMs }) =>
      rest.some((each) => beganMs <= each.endedMs + recoveryMs && each.beganMs <= endedMs)
    return done.filter((transfer) => transfer.outcome === 'not opened' && isNear(transfer)).length
  }
  const kinds = [...countBy(events)].map(([kind, times]) => `${times} × ${kind}`)
  return [
    `faults: ${kinds.join(', ')}`,
    `transfers: ${count('intact')} intact, ${count('corrupted')} corrupted, ${count('broken')} broken, ${count('not opened')} not opened`,
    `not opened: ${notOpenedAt('killNode')} at kills, ${notOpenedAt('stopNode')} while a node stood still, ${notOpenedAt('cutOff')} while one was cut off`,
    ...standstillsOf(standstills),
    ...reasonsOf(done),
    `time to open: median ${at(0.5)} ms, 99 % ${at(0.99)} ms, longest ${at(1)} ms`,
  ]
}

/** A line about the times in which this program did not run, if there were any: the run says less then. */
function standstillsOf(standstills) {
  if (standstills.length === 0) return []
  const longestMs = Math.max(...standstills.map(({ beganMs, endedMs }) => endedMs - beganMs))
  return [`this program stood still ${standstills.length} times, for up to ${Math.round(longestMs)} ms`]
}

/** One line for each reason of transfers that were broken or not opened. */
function reasonsOf(done) {
  const failed = done.filter(({ outcome }) => outcome !== 'intact')
  // Node ids and times differ.
  const texts = failed.map(({ outcome, reason }) => ({
    kind: `${outcome}: ${reason.replaceAll(/\b[0-9a-f]{8,}\b/g, '…')}`,
  }))
  return [...countBy(texts)].map(([text, times]) => `${times} × ${text}`)
}

function countBy(events) {
  const counts = new Map()
  for (const { kind } of events) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}
