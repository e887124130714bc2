import { FakeClock } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { AuthThrottle } from './auth-throttle.js'

describe('AuthThrottle', () => {
  let clock: FakeClock
  let throttle: AuthThrottle

  beforeEach(() => {
    clock = new FakeClock()
    throttle = new AuthThrottle({ clock })
  })

  /** Fails once; the function says whether the refusal is out. */
  function fail(address = '1.2.3.4', on = throttle): () => boolean {
    let refused = false
    on.failed(address, () => {
      refused = true
    })
    return () => refused
  }

  /** How long the next refusal waits, in milliseconds. */
  function nextDelayMs(address?: string): number {
    const refused = fail(address)
    const startMs = clock.now()
    while (!refused()) clock.advance((clock.nextDueMs ?? Infinity) - clock.now())
    return clock.now() - startMs
  }

  test('failed refuses at once the first three times, then doubles the delay up to 8 s', () => {
    const delays = Array.from({ length: 11 }, () => nextDelayMs())
    expect(delays).toEqual([0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000])
  })

  test('failed slows down one address and no other', () => {
    for (let count = 0; count < 5; count++) nextDelayMs('1.2.3.4')
    expect(nextDelayMs('5.6.7.8')).toBe(0)
  })

  test('succeeded forgets the failures of an address', () => {
    for (let count = 0; count < 5; count++) nextDelayMs()
    throttle.succeeded('1.2.3.4')
    expect(nextDelayMs()).toBe(0)
  })

  test('failed forgets an address after ten minutes without a failure', () => {
    for (let count = 0; count < 5; count++) nextDelayMs()
    clock.advance(600_000)
    expect(nextDelayMs()).toBe(0)
  })

  test('failed remembers an address for almost ten minutes', () => {
    for (let count = 0; count < 5; count++) nextDelayMs()
    clock.advance(590_000)
    expect(nextDelayMs()).toBe(1000)
  })

  test('failed forgets the address that failed longest ago when there are too many', () => {
    const small = new AuthThrottle({ clock, freeFailures: 1, maxAddresses: 2 })
    for (const address of ['a', 'b', 'a', 'c']) fail(address, small)
    expect(fail('b', small)()).toBe(true)
  })

  test('failed lets the oldest refusal out early when too many wait', () => {
    const small = new AuthThrottle({ clock, freeFailures: 0, maxWaiting: 2 })
    const refused = [fail('a', small), fail('b', small), fail('c', small)]
    expect(refused.map((isOut) => isOut())).toEqual([true, false, false])
  })

  test('close leaves no timer and refuses nobody any more', () => {
    for (let count = 0; count < 3; count++) fail()
    const refused = fail()
    throttle.close()
    expect(clock.pendingTimers).toBe(0)
    expect(refused()).toBe(false)
  })
})
