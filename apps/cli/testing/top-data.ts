import type { Snapshot } from '@ls/foundation'
import type { TopData } from '../src/observe/top/top-data.js'

const nothing = { bounds: [], counts: [0], sum: 0 }

const snapshot: Snapshot = {
  program: 'server',
  version: '1.2.3',
  readiness: { ready: true, reasons: [], notes: [] },
  links: {
    up: 1,
    waiting: 0,
    opened: 1,
    resumed: 0,
    lost: 0,
    closed: 0,
    replayBytes: 0,
    inFlightBytes: 0,
    bufferedBytes: 0,
    roundTripsMs: [21.44],
  },
  traffic: [],
  endedChannels: [],
  tokens: [],
  quotas: [],
  refusals: { token: 4 },
  limits: [{ name: 'memory', unit: 'bytes', used: 1024, limit: 201_326_592 }],
  dialMs: nothing,
  lookupMs: nothing,
  certificateExpiresAtMs: undefined,
}

const row = {
  client_address: '203.0.113.7',
  role: 'forward',
  token_id: '2c26b46b68ff',
  token_name: 'ada',
  age_ms: 61_000,
  bytes_to_target: 1024,
  bytes_from_target: 4096,
  rate_to_target: null,
  rate_from_target: 2048,
}

/** A server with one link and two connections, one with a target that would clear the screen. */
export const topData: TopData = {
  snapshot,
  links: {
    total: 1,
    matched: 1,
    rows: [{ ...row, id: 'l', state: 'up', round_trip_ms: 21.44, resumes: 2, channels: 2 }],
  },
  connections: {
    total: 12,
    matched: 12,
    rows: [
      { ...row, id: 'a', protocol: 'tcp', target: 'example.org:443' },
      { ...row, id: 'b', protocol: 'tcp', target: '\u001b[2J:80' },
    ],
  },
}
