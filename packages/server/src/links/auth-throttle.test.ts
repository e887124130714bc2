import { FakeClock } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { AuthThrottle, retryAfter } from './auth-throttle.js'

describe('AuthThrottle', () => {
  let clock: FakeClock
  let throttle: AuthThrottle

  beforeEach(() => {
    clock = new FakeClock()
    throttle = new AuthThrottle({ clock })
  })

  /** Fails as soon as possible; returns how long the next attempt has to wait, in milliseconds. */
  function fail(address = '1.2.3.4', on = throttle): number {
    clock.advance(on.waitMs(address))
    on.failed(address)
    return on.waitMs(address)
  }

  test('failed costs nothing three times, then doubles the wait up to 8 s', () => {
    const waits = Array.from({ length: 11 }, () => fail())
    expect(waits).toEqual([0, 0, 0, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000])
  })

  test('waitMs runs down with the clock', () => {
    for (let count = 0; count < 4; count++) fail()
    clock.advance(100)
    expect(throttle.waitMs('1.2.3.4')).toBe(150)
  })

  test('failed slows down one address and no other', () => {
    for (let count = 0; count < 5; count++) fail('1.2.3.4')
    expect(throttle.waitMs('5.6.7.8')).toBe(0)
  })

  test.each([
    ['2001:db8::1', '2001:db8::ffff:1'],
    ['1.2.3.4', '::ffff:1.2.3.4'],
  ])('failed of %s slows down %s', (address, other) => {
    for (let count = 0; count < 5; count++) fail(address)
    expect(throttle.waitMs(other)).toBe(500)
  })

  test('failed slows down a /48 of IPv6 after 64 failures, by a second at most: one client may have all of it', () => {
    for (let count = 0; count < 64; count++) fail(`2001:db8:0:${count}::1`)
    const waits = Array.from({ length: 4 }, (_, count) => fail(`2001:db8:0:f${count}::1`))
    expect(waits).toEqual([250, 500, 1000, 1000])
  })

  test('failed of more addresses of a /48 than are in memory slows it down', () => {
    const small = new AuthThrottle({ clock, maxAddresses: 8 })
    for (let count = 0; count < 100; count++) small.failed(`2001:db8:0:${count}::1`)
    expect(small.waitMs('2001:db8:0:ffff::1')).toBe(1000)
  })

  test('failed of one address of a /48 leaves the others', () => {
    for (let count = 0; count < 64; count++) fail('2001:db8:0:1::1')
    expect(throttle.waitMs('2001:db8:0:2::1')).toBe(0)
  })

  test('failed forgets an address after ten minutes without a failure', () => {
    for (let count = 0; count < 5; count++) fail()
    clock.advance(600_000)
    expect(fail()).toBe(0)
  })

  test('failed remembers an address for almost ten minutes', () => {
    for (let count = 0; count < 5; count++) fail()
    clock.advance(590_000)
    expect(fail()).toBe(1000)
  })

  test('failed forgets the address that failed longest ago when there are too many', () => {
    const small = new AuthThrottle({ clock, freeFailures: 1, maxAddresses: 2 })
    for (const address of ['a', 'b', 'a', 'c']) fail(address, small)
    expect(fail('b', small)).toBe(0)
  })
})

test.each([
  [1, '1'],
  [1000, '1'],
  [1001, '2'],
])('retryAfter of %s ms is %s s', (waitMs, seconds) => {
  expect(retryAfter(waitMs)).toEqual({ 'retry-after': seconds })
})
