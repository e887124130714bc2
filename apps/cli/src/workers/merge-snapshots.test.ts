import type { Snapshot } from '@ls/foundation'
import { LinkSocksServer } from '@ls/server'
import { expect, test } from 'vitest'
import { mergeSnapshots, totalsOf } from './merge-snapshots.js'

/** Numbers of a server that has moved some bytes. */
function make(bytes: number, more: Partial<Snapshot> = {}): Snapshot {
  const empty = new LinkSocksServer().snapshot()
  const none = { queuedBytes: 0, unsentBytes: 0, windowStalls: 0 }
  const datagrams = { datagramsToTarget: 0, datagramsFromTarget: 0, droppedDatagrams: 0 }
  const traffic = { role: 'forward', protocol: 'tcp', open: 2, bytesToTarget: bytes, bytesFromTarget: 1 } as const
  return {
    ...empty,
    links: { ...empty.links, up: 1, opened: 3, roundTripsMs: [bytes] },
    traffic: [{ ...traffic, ...none, ...datagrams }],
    endedChannels: [{ role: 'forward', protocol: 'tcp', outcome: 'ok', count: 4 }],
    tokens: [{ token: 'a', open: 1, ended: 1, bytesToTarget: bytes, bytesFromTarget: 0 }],
    refusals: { token: 1 },
    limits: [{ name: 'links', unit: 'entries', used: 1, limit: 10 }],
    dialMs: { bounds: [1, 2], counts: [1, 0, 1], sum: 5 },
    ...more,
  }
}

test('mergeSnapshots adds up what several processes have counted', () => {
  const { links, traffic, endedChannels, tokens, refusals, limits, dialMs } = mergeSnapshots([make(20), make(10)])
  expect({ links, traffic, endedChannels, tokens, refusals, limits, dialMs }).toMatchObject({
    links: { up: 2, opened: 6, roundTripsMs: [10, 20] },
    traffic: [{ role: 'forward', open: 4, bytesToTarget: 30, bytesFromTarget: 2 }],
    endedChannels: [{ outcome: 'ok', count: 8 }],
    tokens: [{ token: 'a', ended: 2, bytesToTarget: 30 }],
    refusals: { token: 2 },
    limits: [{ name: 'links', used: 2, limit: 20 }],
    dialMs: { counts: [2, 0, 2], sum: 10 },
  })
})

test('mergeSnapshots is ready when all processes are', () => {
  const unready = make(1, { readiness: { ready: false, reasons: ['it starts'], notes: [] } })
  const { readiness } = mergeSnapshots([make(1), unready, unready])
  expect({ ready: readiness.ready, starts: readiness.reasons.filter((each) => each === 'it starts') }).toEqual({
    ready: false,
    starts: ['it starts'],
  })
})

test('mergeSnapshots takes the highest use of a quota, which all processes add up', () => {
  const quota = (usedBytes: number) => [{ token: 'a', period: 'day', usedBytes, limitBytes: 9 } as const]
  const merged = mergeSnapshots([make(1, { quotas: quota(3) }), make(1, { quotas: quota(5) })])
  expect(merged.quotas).toEqual(quota(5))
})

test('totalsOf keeps the totals of a process, and drops its open connections', () => {
  const { links, traffic, limits } = totalsOf(make(7))
  expect({ links, traffic, limits }).toMatchObject({
    links: { up: 0, opened: 3, roundTripsMs: [] },
    traffic: [{ open: 0, bytesToTarget: 7 }],
    limits: [],
  })
})
