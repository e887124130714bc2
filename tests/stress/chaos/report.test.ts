import { expect, test } from 'vitest'

interface Span {
  readonly beganMs: number
  readonly endedMs: number
}

interface Run {
  readonly done: readonly (Span & { readonly outcome: string; readonly reason: string })[]
  readonly events: readonly (Span & { readonly kind: string })[]
  readonly standstills: readonly Span[]
  readonly views: readonly object[]
  readonly counts: object
}

const { href } = new URL('report.mjs', import.meta.url)
const { findFaults } = (await import(href)) as { findFaults(run: Run): string[] }

/** Faults of a run with one connection that did not open, from second 20 to 35. */
function faultsWith({ events = [], standstills = [] }: Partial<Pick<Run, 'events' | 'standstills'>>): string[] {
  const done = [{ beganMs: 20_000, endedMs: 35_000, outcome: 'not opened', reason: 'timeout' }]
  return findFaults({ done, events, standstills, views: [], counts: {} })
}

test('a connection that does not open without a cause is a fault', () => {
  expect(faultsWith({})).toEqual([expect.stringContaining('not opened after 15000 ms: timeout')])
})

test.each([
  ['a node was killed 2 s before it', { events: [{ kind: 'killNode', beganMs: 18_000, endedMs: 19_000 }] }],
  ['a node stood still', { events: [{ kind: 'stopNode', beganMs: 0, endedMs: 30_000 }] }],
  ['the program of the run stood still', { standstills: [{ beganMs: 22_000, endedMs: 35_000 }] }],
])('a connection that does not open is no fault where %s', (_what, run) => {
  expect(faultsWith(run)).toEqual([])
})

test.each([
  ['a node was killed more than 2 s before it', { events: [{ kind: 'killNode', beganMs: 17_000, endedMs: 19_000 }] }],
  ['NATS lost its data', { events: [{ kind: 'loseNats', beganMs: 18_000, endedMs: 22_000 }] }],
  ['the program of the run stood still earlier', { standstills: [{ beganMs: 5000, endedMs: 19_000 }] }],
])('a connection that does not open is a fault where %s', (_what, run) => {
  expect(faultsWith(run)).toHaveLength(1)
})
