import { FakeClock } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { Account } from './account.js'

describe('Account', () => {
  let clock: FakeClock
  let account: Account
  beforeEach(() => {
    clock = new FakeClock()
    account = new Account({ clock, owner: 'address', bytesPerSecond: 1000, dailyBytes: 10_000, maxChannels: 1 })
  })

  test('charge lets the bytes of one second pass without delay', () => {
    expect({ second: account.charge(1000), more: account.charge(500) }).toEqual({ second: 0, more: 500 })
  })

  test('charge earns with time, up to a second of the rate', () => {
    account.charge(1000)
    clock.advance(60_000)
    expect({ first: account.charge(1000), second: account.charge(1000) }).toEqual({ first: 0, second: 1000 })
  })

  test('dayFault names the limit and the time once the bytes of the day are used', () => {
    account.charge(10_000)
    expect(account.dayFault).toBe('this address has moved its 10000 bytes of 24 hours; try again in 24 h')
  })

  test('dayFault is over after 24 hours', () => {
    account.charge(10_000)
    clock.advance(86_400_000)
    expect(account.dayFault).toBeUndefined()
  })

  test('continueDay counts on from the bytes of an earlier process, until the end of that day', () => {
    account.continueDay({ bytes: 10_000, endsAtMs: Date.now() + 7_200_000 })
    const before = account.dayFault
    clock.advance(7_200_000)
    expect({ before, after: account.dayFault }).toEqual({
      before: 'this address has moved its 10000 bytes of 24 hours; try again in 2 h',
      after: undefined,
    })
  })

  test.each([
    ['is over', -1, undefined],
    ['ends in a year', 31_536_000_000, 'this address has moved its 10000 bytes of 24 hours; try again in 24 h'],
  ])('continueDay takes a day that %s by a wrong clock for no longer than a day', (_what, leftMs, fault) => {
    account.continueDay({ bytes: 10_000, endsAtMs: Date.now() + leftMs })
    expect(account.dayFault).toBe(fault)
  })

  test('takeCode allows a burst of 16, and one more every 10 s', () => {
    const taken = Array.from({ length: 17 }, () => account.takeCode())
    clock.advance(10_000)
    expect({ taken: taken.filter(Boolean).length, earned: account.takeCode(), more: account.takeCode() }).toEqual({
      taken: 16,
      earned: true,
      more: false,
    })
  })

  test('all limits of a network are multiples of those of an address', () => {
    const limits = { bytesPerSecond: 1000, dailyBytes: 10_000, maxChannels: 1 }
    const network = new Account({ clock, owner: 'network', ...limits, scale: 2 })
    const codes = Array.from({ length: 40 }, () => network.takeCode()).filter(Boolean).length
    clock.advance(10_000)
    const earned = [1, 2, 3].map(() => network.takeCode())
    const paused = [network.charge(2000), network.charge(500)]
    network.charge(17_000)
    const fault = network.dayFault
    network.charge(500)
    expect({ codes, earned, paused, fault, after: network.dayFault }).toEqual({
      codes: 32,
      earned: [true, true, false],
      paused: [0, 250],
      fault: undefined,
      after: 'this network has moved its 20000 bytes of 24 hours; try again in 24 h',
    })
  })

  test('slots of an address are slots of its network', () => {
    const limits = { bytesPerSecond: 1, dailyBytes: 1, maxChannels: 1 }
    const parent = new Account({ clock, owner: 'network', ...limits })
    new Account({ clock, owner: 'address', ...limits, parent }).slots.take()
    expect(() => new Account({ clock, owner: 'address', ...limits, parent }).slots.take()).toThrow('of one network')
  })

  test('slots are limited, and the error says whose they are', () => {
    account.slots.take()
    expect(() => account.slots.take()).toThrow('the limit of 1 channels of one address at this relay is reached')
  })
})
