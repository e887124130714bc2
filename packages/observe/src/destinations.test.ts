import { expect, test } from 'vitest'
import { Destinations, maxDestinations } from './destinations.js'

const moved = { protocol: 'tcp', bytesToTarget: 1, bytesFromTarget: 10 } as const

function listed(destinations: Destinations, query = ''): unknown {
  return destinations.list([], new URLSearchParams(query))
}

test('Destinations adds the bytes of ended connections, and counts failures separately', () => {
  const destinations = new Destinations()
  for (const outcome of ['ok', 'cancelled', 'aborted']) destinations.ended({ ...moved, target: 'a:1' }, outcome)
  expect(listed(destinations)).toMatchObject({
    total: 1,
    destinations: [{ target: 'a:1', open: 0, ended: 3, failed: 1, bytes_to_target: 3, bytes_from_target: 30 }],
  })
})

test('Destinations shows all UDP associations as one', () => {
  const destinations = new Destinations()
  destinations.ended({ ...moved, protocol: 'udp', target: undefined }, 'ok')
  expect(listed(destinations)).toMatchObject({ destinations: [{ target: 'udp', ended: 1 }] })
})

test('Destinations counts the one that was used longest ago for others when there are too many', () => {
  const destinations = new Destinations()
  for (let count = 0; count < maxDestinations; count++) destinations.ended({ ...moved, target: `h${count}:1` }, 'ok')
  destinations.ended({ ...moved, target: 'h0:1' }, 'ok')
  destinations.ended({ ...moved, target: 'new:1' }, 'failed')
  expect({ longestAgo: listed(destinations, 'q=h1:1'), usedAgain: listed(destinations, 'q=h0:1') }).toMatchObject({
    longestAgo: { total: maxDestinations, matched: 0, others: { ended: 1, bytes_from_target: 10 } },
    usedAgain: { matched: 1, destinations: [{ ended: 2 }] },
  })
})

test('Destinations refuses a query that it does not know', () => {
  expect(() => listed(new Destinations(), 'sort=luck')).toThrow(RangeError)
})
