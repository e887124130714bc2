import { describe, expect, test } from 'vitest'
import { listConnections, parseConnectionQuery } from './connection-list.js'
import type { LiveConnection } from './live-connection.js'
import { Rates } from './rates.js'

/** A connection that has moved so many bytes since the last measurement. */
function connection(target: string, bytesToTarget: number, bytesFromTarget: number): LiveConnection {
  const numbers = { queuedBytes: 0, unsentBytes: 0, windowStalls: 0, openedAtMs: 1000, bytesToTarget, bytesFromTarget }
  return { key: {}, id: target, protocol: 'tcp', target, link: undefined, provider: undefined, ...numbers }
}

const all = [connection('up:1', 500, 0), connection('down:1', 0, 400), connection('both:1', 300, 300)]

/** Targets in the order of a query. */
function targets(query: string): unknown[] {
  const rates = new Rates()
  rates.measure([], 1000)
  rates.measure(all, 2000)
  const page = listConnections(all, parseConnectionQuery(new URLSearchParams(query)), { rates, nowMs: 2000 })
  const { connections, groups } = page as { connections?: { target: string }[]; groups?: { name: string }[] }
  return connections?.map(({ target }) => target) ?? groups?.map(({ name }) => name) ?? []
}

describe.each(['', '&group=target'])('listConnections%s', (group) => {
  test.each([
    ['rate', ['both:1', 'up:1', 'down:1']],
    ['rate_to_target', ['up:1', 'both:1', 'down:1']],
    ['rate_from_target', ['down:1', 'both:1', 'up:1']],
  ])('sorts by %s', (sort, sorted) => {
    expect(targets(`sort=${sort}${group}`)).toEqual(sorted)
  })
})
