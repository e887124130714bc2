import type { Snapshot } from '@ls/foundation'
import { formatBytes } from './format-bytes.js'

/** Formats the status for a person, as lines. */
export function statusLines(snapshot: Snapshot): string[] {
  const { program, version, readiness, links, certificateExpiresAtMs } = snapshot
  return [
    `${program} ${version}: ${readiness.ready ? 'ready' : 'not ready'}`,
    ...readiness.reasons.map((reason) => `  ${reason}`),
    ...readiness.notes.map((note) => `  note: ${note}`),
    `links: ${links.up} up, ${links.waiting} waiting; ${links.opened} opened, ${links.resumed} resumed, ${links.lost} lost`,
    ...roundTripLine(links.roundTripsMs),
    ...snapshot.traffic.map(
      ({ role, protocol, open, bytesToTarget, bytesFromTarget }) =>
        `${role} ${protocol}: ${open} open; ${formatBytes(bytesToTarget)} to targets, ${formatBytes(bytesFromTarget)} back`,
    ),
    ...pathsLine(snapshot),
    ...endedLine(snapshot),
    ...snapshot.limits.map(({ name, unit, used, limit }) => {
      const show = unit === 'bytes' ? formatBytes : String
      return `${name}: ${show(used)} of ${show(limit)}`
    }),
    ...refusalLine(snapshot),
    ...(certificateExpiresAtMs === undefined
      ? []
      : [`certificate: until ${new Date(certificateExpiresAtMs).toISOString()}`]),
  ]
}

function roundTripLine(sortedMs: readonly number[]): string[] {
  const [median, longest] = [sortedMs[Math.ceil(sortedMs.length / 2) - 1], sortedMs.at(-1)]
  if (median === undefined || longest === undefined) return []
  return [`round trip: ${median.toFixed(1)} ms at the median, ${longest.toFixed(1)} ms at most`]
}

/** Connections by path; a direct path counts once there has been one. */
function pathsLine({ paths }: Snapshot): string[] {
  if (paths === undefined) return []
  const used = paths.filter(({ protocol, changes }) => protocol === undefined || changes > 0)
  const parts = used.map(
    ({ protocol, channels }) =>
      `${channels} ${protocol === undefined ? 'through the server' : `direct over ${protocol.toUpperCase()}`}`,
  )
  return [`paths: ${parts.join(', ')}`]
}

function endedLine({ endedChannels }: Snapshot): string[] {
  const counts = new Map<string, number>()
  for (const { outcome, count } of endedChannels) counts.set(outcome, (counts.get(outcome) ?? 0) + count)
  return counts.size === 0 ? [] : [`ended: ${[...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`]
}

function refusalLine({ refusals }: Snapshot): string[] {
  const some = Object.entries(refusals).filter(([, count]) => count > 0)
  return some.length === 0 ? [] : [`refused: ${some.map(([kind, count]) => `${count} ${kind}`).join(', ')}`]
}
