import type { Snapshot } from '@ls/foundation'

const kind = { role: 'forward', protocol: 'tcp' } as const

/** A snapshot in which no part is empty. */
export const fullSnapshot: Snapshot = {
  program: 'server',
  version: '1.2.3',
  readiness: { ready: true, reasons: [], notes: [] },
  links: {
    up: 2,
    waiting: 1,
    opened: 5,
    resumed: 3,
    lost: 1,
    closed: 1,
    replayBytes: 4096,
    inFlightBytes: 2048,
    bufferedBytes: 512,
    roundTripsMs: [10, 20, 500],
  },
  traffic: [
    {
      ...kind,
      open: 1,
      bytesToTarget: 10,
      bytesFromTarget: 20,
      queuedBytes: 5,
      unsentBytes: 6,
      windowStalls: 3,
      datagramsToTarget: 0,
      datagramsFromTarget: 0,
      droppedDatagrams: 0,
    },
    {
      role: 'forward',
      protocol: 'udp',
      open: 0,
      bytesToTarget: 1,
      bytesFromTarget: 2,
      queuedBytes: 0,
      unsentBytes: 0,
      windowStalls: 0,
      datagramsToTarget: 1,
      datagramsFromTarget: 2,
      droppedDatagrams: 7,
    },
  ],
  endedChannels: [{ ...kind, outcome: 'ok', count: 9 }],
  tokens: [{ token: '0123abcd', open: 1, ended: 9, bytesToTarget: 10, bytesFromTarget: 20 }],
  quotas: [{ token: 'ada', period: 'day', usedBytes: 80, limitBytes: 100 }],
  refusals: { token: 4, tls: 2 },
  limits: [{ name: 'memory', unit: 'bytes', used: 100, limit: 1000 }],
  dialMs: { bounds: [1, 10], counts: [1, 2, 3], sum: 60 },
  lookupMs: { bounds: [1], counts: [1, 0], sum: 0.5 },
  reloads: { succeeded: 2, failed: 1, lastSuccessAtMs: 1_700_000_000_000 },
  paths: [
    { path: 'direct', protocol: 'tcp', channels: 3, changes: 2 },
    { path: 'relay', channels: 1, changes: 1 },
  ],
  cluster: { nodes: { self: 1, up: 2 }, isConnected: true, sharedTokens: 4, trunks: 2, incomingTrunks: 1 },
  certificateExpiresAtMs: 1_800_000_000_000,
}
