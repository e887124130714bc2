import type { Snapshot } from '@ls/foundation'
import { type LiveConnection, type LiveLink, LiveView, maxRows } from '@ls/observe'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { openApiJson } from '../api/openapi-json.js'
import { mergePages } from './merge-pages.js'

// Each process sorts live rows, before it describes them; a merge sorts described rows. Both orders must be the same.

type List = 'links' | 'connections'
type Row = Readonly<Record<string, unknown>>

const count = 20

/** Numbers up to {@link count}, in another order for each `step` without a divisor of it. The last one stays last. */
function shuffled(index: number, step: number): number {
  return index === count ? count : (index * step + 7) % count
}

function makeLink(index: number): LiveLink {
  return {
    id: `link-${index}`,
    role: 'forward',
    instance: `instance-${index}`,
    address: `10.0.0.${10 + shuffled(index, 3)}`,
    tokenId: `id-${10 + shuffled(index, 7)}`,
    // Lists show the id of a token without a name, and sort by it.
    tokenName: index % 2 === 0 ? undefined : `name-${10 + shuffled(index, 7)}`,
    up: true,
    // The order of the age is that in which the view lists them, so equal rows are in the same order in both.
    openedAtMs: index,
    resumes: 0,
    roundTripMs: index === 4 ? undefined : 1 + shuffled(index, 11),
    extensions: [],
    replayBytes: 0,
    ended: { bytesToTarget: 0, bytesFromTarget: 0 },
  }
}

/** Connections of a link, all to one target: so each kind of group is that of a link. */
function makeConnections(link: LiveLink, index: number, length: number) {
  return Array.from({ length }, (_none, at) => {
    const serial = index * count + at
    return {
      key: {},
      id: `connection-${serial}`,
      protocol: 'tcp',
      target: index === 3 ? undefined : `host-${10 + shuffled(index, 17)}:80`,
      link,
      provider: link,
      queuedBytes: 0,
      unsentBytes: 0,
      windowStalls: 0,
      openedAtMs: serial,
      bytesToTarget: (serial * 101) % 7919,
      bytesFromTarget: (serial * 211) % 7907,
    } satisfies LiveConnection
  })
}

/** A view of links with other numbers of connections each, and with rates; the last link is too new for one. */
function measuredView(): LiveView {
  const clock = new FakeClock()
  const links = Array.from({ length: count }, (_none, index) => makeLink(index))
  const connections = links.flatMap((link, index) => makeConnections(link, index, shuffled(index, 13)))
  const source = { snapshot: () => ({}) as Snapshot, liveLinks: () => links, liveConnections: () => connections }
  const view = new LiveView({ clock, source })
  const look = (): void => void [view.links(new URLSearchParams()), view.connections(new URLSearchParams())]
  clock.advance(1000)
  look()
  clock.advance(1000)
  for (const [at, connection] of connections.entries()) {
    connection.bytesToTarget += (at * 307) % 5003
    connection.bytesFromTarget += (at * 401) % 4999
  }
  look()
  const late = makeLink(count)
  links.push(late)
  connections.push(...makeConnections(late, count, count))
  return view
}

/** Values of the parameter `sort` that the API takes for a list. */
function sortsOf(list: List): readonly string[] {
  interface Parameter {
    readonly name: string
    readonly schema: { readonly enum?: readonly string[] }
  }
  const { paths } = JSON.parse(openApiJson) as { paths: Record<string, { get: { parameters: readonly Parameter[] } }> }
  return paths[`/api/${list}`]?.get.parameters.find(({ name }) => name === 'sort')?.schema.enum ?? []
}

const cases = (['links', 'connections'] as const).flatMap((list) =>
  sortsOf(list).flatMap((sort) => ['asc', 'desc'].map((order) => ({ list, query: `sort=${sort}&order=${order}` }))),
)
const groupCases = ['target', 'token', 'provider'].flatMap((group) =>
  sortsOf('connections').map((sort) => ({ list: 'connections' as const, query: `group=${group}&sort=${sort}` })),
)

/** Rows in the order of the live list, and those of a merge that has got them in the order of the view. */
function bothOrders(list: List, text: string): { readonly live: readonly Row[]; readonly merged: readonly Row[] } {
  const view = measuredView()
  const query = new URLSearchParams(`${text}&limit=${maxRows}`)
  const unsorted = new URLSearchParams(query)
  unsorted.set('sort', 'age')
  unsorted.set('order', 'desc')
  const rowsOf = (body: object): readonly Row[] => {
    const { groups, [list]: rows } = body as Partial<Record<string, readonly Row[]>>
    return groups ?? rows ?? []
  }
  return { live: rowsOf(view[list](query)), merged: rowsOf(mergePages([view[list](unsorted)], query)) }
}

describe('mergePages', () => {
  test('is tried with the sorts of both lists', () => {
    expect(cases.length).toBeGreaterThan(20)
  })

  test.each([...cases, ...groupCases])('sorts $list by $query as the list of one process does', ({ list, query }) => {
    const { live, merged } = bothOrders(list, query)
    expect(live.length).toBeGreaterThan(0)
    expect(merged).toEqual(live)
  })
})
