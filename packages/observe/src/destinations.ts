import { isFailedOutcome } from '@ls/foundation'
import type { LiveConnection, MovedBytes } from './live-connection.js'
import { type Page, pageNames, pageOf, Query } from './query.js'

/**
 * Most destinations with their own totals. Beyond it, the least recently used one is removed and counted as `others`.
 */
export const maxDestinations = 1000

/** Totals of the connections to one destination. */
interface Total {
  open: number
  ended: number
  failed: number
  bytesToTarget: number
  bytesFromTarget: number
}

/** Totals of connections by destination, at most {@link maxDestinations}. */
export class Destinations {
  readonly #totals = new Map<string, Total>()
  readonly #others = emptyTotal()

  /** Adds a connection that has ended. @param outcome As in `Snapshot.endedChannels`. */
  ended(connection: Pick<LiveConnection, 'target' | 'protocol'> & MovedBytes, outcome: string): void {
    const name = nameOf(connection)
    const total = this.#totals.get(name) ?? emptyTotal()
    total.ended++
    if (isFailedOutcome(outcome)) total.failed++
    addBytes(total, connection)
    // Deleted first, so that the map stays in the order of the last use.
    this.#totals.delete(name)
    this.#totals.set(name, total)
    if (this.#totals.size > maxDestinations) this.#forgetOldest()
  }

  /**
   * A page of the destinations; open connections are included.
   *
   * @throws RangeError for an invalid query
   */
  list(open: Iterable<LiveConnection>, params: URLSearchParams): object {
    const query = parseQuery(params)
    const all = this.#with(open)
    const matched = all.filter(({ target }) => target.toLowerCase().includes(query.text))
    const page = pageOf(matched, (each) => sortKeys[query.sort](each), query)
    return {
      total: all.length,
      matched: matched.length,
      offset: query.offset,
      destinations: page.map((each) => ({ target: each.target, ...describe(each) })),
      others: describe(this.#others),
    }
  }

  #with(open: Iterable<LiveConnection>): readonly (Total & { readonly target: string })[] {
    const all = new Map(Array.from(this.#totals, ([target, total]) => [target, { target, ...total }]))
    for (const connection of open) {
      const target = nameOf(connection)
      const total = all.get(target) ?? { target, ...emptyTotal() }
      all.set(target, total)
      total.open++
      addBytes(total, connection)
    }
    return [...all.values()]
  }

  #forgetOldest(): void {
    const [oldest] = this.#totals
    if (oldest === undefined) return
    const [name, { ended, failed, ...moved }] = oldest
    this.#totals.delete(name)
    this.#others.ended += ended
    this.#others.failed += failed
    addBytes(this.#others, moved)
  }
}

interface DestinationQuery extends Page {
  readonly sort: keyof typeof sortKeys
  readonly text: string
}

function parseQuery(params: URLSearchParams): DestinationQuery {
  const query = new Query(params, [...pageNames, 'sort', 'q'])
  return {
    ...query.page(),
    sort: query.choice('sort', Object.keys(sortKeys) as (keyof typeof sortKeys)[]) ?? 'bytes',
    text: query.text('q')?.toLowerCase() ?? '',
  }
}

const sortKeys = {
  bytes: ({ bytesToTarget, bytesFromTarget }: Total) => bytesToTarget + bytesFromTarget,
  open: ({ open }: Total) => open,
  ended: ({ ended }: Total) => ended,
  failed: ({ failed }: Total) => failed,
  target: ({ target }: { readonly target: string }) => target,
} as const

/** Name of a destination. Each datagram of a UDP association has its own target, so all of them share a name. */
function nameOf({ target, protocol }: Pick<LiveConnection, 'target' | 'protocol'>): string {
  return target ?? protocol
}

function emptyTotal(): Total {
  return { open: 0, ended: 0, failed: 0, bytesToTarget: 0, bytesFromTarget: 0 }
}

function addBytes(total: Total, { bytesToTarget, bytesFromTarget }: MovedBytes): void {
  total.bytesToTarget += bytesToTarget
  total.bytesFromTarget += bytesFromTarget
}

function describe({ open, ended, failed, bytesToTarget, bytesFromTarget }: Total): object {
  return { open, ended, failed, bytes_to_target: bytesToTarget, bytes_from_target: bytesFromTarget }
}
