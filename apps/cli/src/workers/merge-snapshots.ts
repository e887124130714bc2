import type { HistogramSnapshot, LinkCounts, Snapshot, TrafficCounts } from '@ls/foundation'

/** Adds up the counters of several processes of one server. @throws TypeError without any */
export function mergeSnapshots(all: readonly Snapshot[]): Snapshot {
  const [first] = all
  if (first === undefined) throw new TypeError('there is no snapshot')
  return all.slice(1).reduce(mergeTwo, first)
}

/** The part of a snapshot that still counts when its process has ended: the totals. */
export function totalsOf(snapshot: Snapshot): Snapshot {
  const { links, traffic, tokens } = snapshot
  const noneLinked = { up: 0, waiting: 0, replayBytes: 0, inFlightBytes: 0, bufferedBytes: 0, roundTripsMs: [] }
  const noneOpen = { open: 0, queuedBytes: 0, unsentBytes: 0 }
  return {
    ...snapshot,
    readiness: { ready: true, reasons: [], notes: [] },
    links: { ...links, ...noneLinked },
    traffic: traffic.map((each): TrafficCounts => ({ ...each, ...noneOpen })),
    tokens: tokens.map((each) => ({ ...each, open: 0 })),
    quotas: [],
    limits: [],
    cluster: undefined,
  }
}

function mergeTwo(one: Snapshot, other: Snapshot): Snapshot {
  return {
    ...one,
    readiness: {
      ready: one.readiness.ready && other.readiness.ready,
      reasons: unique([...one.readiness.reasons, ...other.readiness.reasons]),
      notes: unique([...one.readiness.notes, ...other.readiness.notes]),
    },
    links: mergeLinks(one.links, other.links),
    traffic: mergeLists(one.traffic, other.traffic, ({ role, protocol }) => `${role} ${protocol}`),
    endedChannels: mergeLists(
      one.endedChannels,
      other.endedChannels,
      ({ role, protocol, outcome }) => `${role} ${protocol} ${outcome}`,
    ),
    tokens: mergeLists(one.tokens, other.tokens, ({ token }) => token),
    quotas: mergeQuotas(one.quotas, other.quotas),
    refusals: addUp(one.refusals, other.refusals),
    limits: mergeLists(one.limits, other.limits, ({ name, unit }) => `${name} ${unit}`),
    dialMs: mergeHistograms(one.dialMs, other.dialMs),
    lookupMs: mergeHistograms(one.lookupMs, other.lookupMs),
    // All read the same file, and each sees the whole cluster.
    reloads: one.reloads ?? other.reloads,
    cluster: one.cluster ?? other.cluster,
    certificateExpiresAtMs: one.certificateExpiresAtMs ?? other.certificateExpiresAtMs,
  }
}

function mergeLinks(one: LinkCounts, other: LinkCounts): LinkCounts {
  const roundTripsMs = [...one.roundTripsMs, ...other.roundTripsMs].toSorted((a, b) => a - b)
  return { ...addUp(one, other), roundTripsMs }
}

/** Each process knows the use of all, and one may know it a second later. */
function mergeQuotas(one: Snapshot['quotas'] = [], other: Snapshot['quotas'] = []): NonNullable<Snapshot['quotas']> {
  const found = new Map(one.map((each) => [`${each.token} ${each.period}`, each]))
  for (const each of other) {
    const key = `${each.token} ${each.period}`
    const known = found.get(key)
    if (known === undefined || known.usedBytes < each.usedBytes) found.set(key, each)
  }
  return [...found.values()]
}

function mergeHistograms(one: HistogramSnapshot, other: HistogramSnapshot): HistogramSnapshot {
  const counts = one.counts.map((count, at) => count + (other.counts[at] ?? 0))
  return { bounds: one.bounds, counts, sum: one.sum + other.sum }
}

/** Adds up the entries with the same key. */
function mergeLists<T extends object>(one: readonly T[], other: readonly T[], keyOf: (entry: T) => string): T[] {
  const found = new Map(one.map((entry) => [keyOf(entry), entry]))
  for (const entry of other) {
    const known = found.get(keyOf(entry))
    found.set(keyOf(entry), known === undefined ? entry : addUp(known, entry))
  }
  return [...found.values()]
}

/** Adds up the numbers of two objects; everything else is that of the first. */
function addUp<T extends object>(one: T, other: T): T {
  const sums = Object.entries(other).flatMap(([name, value]) => {
    if (typeof value !== 'number') return []
    const before: unknown = Reflect.get(one, name)
    return [[name, value + (typeof before === 'number' ? before : 0)]]
  })
  return { ...one, ...Object.fromEntries(sums) } as T
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}
