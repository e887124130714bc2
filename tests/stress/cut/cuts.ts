import { type LinkConditions, type LinkFault, linkFaults, onceEvent, within } from '@ls/testkit'
import type { Hop } from '../proxy-net.js'
import { mebibyte, pick } from '../settings.js'
import type { Meter } from '../traffic.js'

export interface CutsOptions {
  /** Clients whose links are cut. */
  readonly hops: readonly Hop[]
  /** Number of cuts. */
  readonly count: number
  readonly random: () => number
  /** Shows that bytes have moved between two cuts. */
  readonly meter: Meter
  /** Links of each client. @default 1 */
  readonly threads?: number
}

/** Cuts that were made. */
export interface CutsReport {
  readonly cuts: number
  readonly faults: Readonly<Partial<Record<LinkFault, number>>>
  /** Longest time from a cut until all links were up again, in milliseconds. */
  readonly longestOutageMs: number
}

const timeoutMs = 30_000

/** Breaks links in all ways and in random order; after each cut the link must return, and bytes must move. */
export async function makeCuts({ hops, count, random, meter, threads = 1 }: CutsOptions): Promise<CutsReport> {
  const faults: Partial<Record<LinkFault, number>> = {}
  let longestOutageMs = 0
  for (let cut = 0; cut < count; cut++) {
    const hop = pick(random, hops)
    const fault = pick(random, linkFaults)
    setConditions(hop, pick<LinkConditions>(random, paths))
    await within(meter.after(random() * 2 * mebibyte), `bytes to move before cut ${cut}`, { timeoutMs })
    const startMs = performance.now()
    hop.relay?.strike(fault, random() < 0.5 ? 'all' : 'oldest')
    if (random() < 0.25) await strikeHandshake(hop, random)
    await linked(hop, threads)
    longestOutageMs = Math.max(longestOutageMs, performance.now() - startMs)
    faults[fault] = (faults[fault] ?? 0) + 1
  }
  for (const hop of hops) setConditions(hop, {})
  return { cuts: count, faults, longestOutageMs }
}

const paths: readonly LinkConditions[] = [{}, {}, { delayMs: 3 }, { delayMs: 30 }, { bytesPerSecond: 16 * mebibyte }]

/** Cuts the next link as soon as it exists: in the middle of the upgrade, or of the handshake. */
async function strikeHandshake({ relay }: Hop, random: () => number): Promise<void> {
  if (relay === undefined) return
  await onceEvent(relay, 'link', { timeoutMs })
  relay.strike(pick(random, ['reset', 'mid-frame', 'end']))
}

/** Waits until all links of a client are up over paths that work. */
async function linked({ relay, client, name }: Hop, threads: number): Promise<void> {
  const isLinked = (): boolean =>
    (relay?.healthyLinks ?? threads) >= threads &&
    client.sessions.filter((session) => session.linked).length === threads
  while (!isLinked()) {
    await onceEvent(client, 'linkUp', { timeoutMs }).catch(() => {
      const states = client.sessions.map(({ state }) => state).join(', ')
      throw new Error(`the ${name} was not back within ${timeoutMs} ms; its links are ${states}`)
    })
  }
}

function setConditions({ relay }: Hop, conditions: LinkConditions): void {
  if (relay !== undefined) relay.conditions = conditions
}
