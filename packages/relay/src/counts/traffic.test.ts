import { expect, test } from 'vitest'
import { type Moved, Traffic } from './traffic.js'

const waiting = { queuedBytes: 5, unsentBytes: 6 }
const moved: Moved = {
  protocol: 'tcp',
  bytesToTarget: 10,
  bytesFromTarget: 200,
  ...waiting,
  windowStalls: 3,
  datagramsToTarget: 4,
  datagramsFromTarget: 7,
  droppedDatagrams: 1,
}
const kind = { role: 'forward', protocol: 'tcp' }

test('Traffic adds open channels to those that have ended', () => {
  const traffic = new Traffic()
  traffic.ended('forward', moved, 'ok')
  expect(traffic.snapshot([['forward', moved]]).traffic).toEqual([
    {
      ...kind,
      open: 1,
      bytesToTarget: 20,
      bytesFromTarget: 400,
      ...waiting,
      windowStalls: 6,
      datagramsToTarget: 8,
      datagramsFromTarget: 14,
      droppedDatagrams: 2,
    },
  ])
})

test('Traffic counts open channels not in its totals', () => {
  const traffic = new Traffic()
  traffic.ended('forward', moved, 'ok')
  traffic.snapshot([['forward', moved]])
  expect(traffic.snapshot([]).traffic).toMatchObject([{ open: 0, bytesToTarget: 10 }])
})

test('Traffic counts ended channels by role, protocol and outcome', () => {
  const traffic = new Traffic()
  traffic.ended('forward', moved, 'ok')
  traffic.ended('forward', moved, 'dns')
  traffic.ended('forward', moved, 'ok')
  traffic.ended('own', { ...moved, protocol: 'udp' }, 'ok')
  expect(traffic.snapshot([]).endedChannels).toEqual([
    { ...kind, outcome: 'ok', count: 2 },
    { ...kind, outcome: 'dns', count: 1 },
    { role: 'own', protocol: 'udp', outcome: 'ok', count: 1 },
  ])
})
