import type { Snapshot } from '@ls/foundation'
import { expect, test } from 'vitest'
import { statusLines } from './status-lines.js'

const nothing = { bounds: [], counts: [0], sum: 0 }
const kind = { role: 'forward', protocol: 'tcp' } as const

const snapshot: Snapshot = {
  program: 'server',
  version: '1.2.3',
  readiness: {
    ready: false,
    reasons: ['the server is starting'],
    notes: ['no provider is linked for 1 reverse token'],
  },
  links: {
    up: 2,
    waiting: 1,
    opened: 5,
    resumed: 3,
    lost: 1,
    closed: 1,
    replayBytes: 0,
    inFlightBytes: 0,
    bufferedBytes: 0,
    roundTripsMs: [10, 20, 500],
  },
  traffic: [
    {
      ...kind,
      open: 1,
      bytesToTarget: 1023,
      bytesFromTarget: 1536,
      queuedBytes: 0,
      unsentBytes: 0,
      windowStalls: 0,
      datagramsToTarget: 0,
      datagramsFromTarget: 0,
      droppedDatagrams: 0,
    },
  ],
  endedChannels: [
    { ...kind, outcome: 'ok', count: 9 },
    { ...kind, protocol: 'udp', outcome: 'ok', count: 1 },
  ],
  tokens: [],
  refusals: { token: 4, tls: 0 },
  limits: [
    { name: 'memory', unit: 'bytes', used: 0, limit: 201_326_592 },
    { name: 'links', unit: 'entries', used: 2, limit: 10_000 },
  ],
  dialMs: nothing,
  lookupMs: nothing,
  certificateExpiresAtMs: 1_800_000_000_000,
}

test('statusLines says first whether the program is ready, and then what a person asks', () => {
  expect(statusLines(snapshot)).toEqual([
    'server 1.2.3: not ready',
    '  the server is starting',
    '  note: no provider is linked for 1 reverse token',
    'links: 2 up, 1 waiting; 5 opened, 3 resumed, 1 lost',
    'round trip: 20.0 ms at the median, 500.0 ms at most',
    'forward tcp: 1 open; 1023 B to targets, 1.5 KiB back',
    'ended: 10 ok',
    'memory: 0 B of 192.0 MiB',
    'links: 2 of 10000',
    'refused: 4 token',
    'certificate: until 2027-01-15T08:00:00.000Z',
  ])
})

test('statusLines counts connections by path', () => {
  const paths = [
    { path: 'direct', protocol: 'tcp', channels: 3, changes: 1 },
    { path: 'direct', protocol: 'udp', channels: 0, changes: 0 },
    { path: 'relay', channels: 2, changes: 0 },
  ] as const
  expect(statusLines({ ...snapshot, paths })).toContain('paths: 3 direct over TCP, 2 through the server')
})
