import { describe, expect, test } from 'vitest'
import { afterFailedOffer, offerAfterMs } from './offer-policy.js'

test.each([
  [undefined, 1000],
  [40, 1000],
  [500, 1000],
  [800, 1600],
])('offerAfterMs of a path of %s ms is %d ms', (roundTripMs, afterMs) => {
  expect(offerAfterMs(roundTripMs)).toBe(afterMs)
})

describe('afterFailedOffer', () => {
  test.each([
    ['the only one refused', { sessionGone: false, pending: 0, pendingAlive: 0, made: 1 }, 'fail'],
    [
      'one refused, and another one that lives tries',
      { sessionGone: false, pending: 1, pendingAlive: 1, made: 2 },
      'wait',
    ],
    ['one refused, and the other one sleeps', { sessionGone: false, pending: 1, pendingAlive: 0, made: 2 }, 'fail'],
    ['the only link is gone', { sessionGone: true, pending: 0, pendingAlive: 0, made: 1 }, 'again'],
    [
      'one link is gone, and another one was asked',
      { sessionGone: true, pending: 1, pendingAlive: 0, made: 2 },
      'wait',
    ],
    ['the third link is gone', { sessionGone: true, pending: 0, pendingAlive: 0, made: 3 }, 'fail'],
  ] as const)('when %s', (_, offer, next) => {
    expect(afterFailedOffer(offer)).toBe(next)
  })
})
