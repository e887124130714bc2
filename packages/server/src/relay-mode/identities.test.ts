import { FakeClock } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ReverseToken } from '../tokens/token-registry.js'
import { Account } from './account.js'
import { Identities } from './identities.js'

describe('Identities', () => {
  let clock: FakeClock
  let removed: string[]
  let withCodes: Set<ReverseToken>
  let identities: Identities
  beforeEach(() => {
    clock = new FakeClock()
    removed = []
    withCodes = new Set()
    identities = new Identities({
      clock,
      limits: { keepMs: 1000, lifetimeMs: 10_000, maxIdentities: 4, maxAddressIdentities: 2 },
      hasCodes: (record) => withCodes.has(record),
      remove: (record, reason) => {
        removed.push(`${record.token}: ${reason}`)
        identities.forget(record)
      },
    })
  })

  function account(): Account {
    return new Account({ clock, owner: 'address', bytesPerSecond: 1, dailyBytes: 1, maxChannels: 1 })
  }

  function add(token: string, home = account(), livedMs?: number, origin = {}): ReverseToken {
    const record: ReverseToken = {
      kind: 'reverse',
      token,
      port: -1,
      host: '',
      username: undefined,
      password: undefined,
      allowManageConnector: true,
      identity: { madeAtMs: 0, address: 'a', instance: token, ...origin },
    }
    identities.assertRoom(home)
    identities.add({ record, account: account(), home }, livedMs)
    return record
  }

  test('removes one whose provider never had a session', () => {
    add('a')
    clock.advance(1000)
    expect(removed).toEqual(['a: its provider did not reconnect'])
  })

  test('keeps one as long as a provider has a session', () => {
    identities.joined(add('a'))
    clock.advance(9000)
    expect(removed).toEqual([])
  })

  test('waits for the provider once its last session is over', () => {
    const record = add('a')
    for (const change of ['joined', 'joined', 'left', 'left'] as const) identities[change](record)
    clock.advance(999)
    identities.joined(record)
    clock.advance(1000)
    expect(removed).toEqual([])
  })

  test('ends one that has lived long enough', () => {
    identities.joined(add('a'))
    clock.advance(10_000)
    expect(removed).toEqual([expect.stringContaining('a: the time of this provider at the relay is over')])
  })

  test('counts what one has lived before a restart', () => {
    identities.joined(add('a', account(), 9000))
    clock.advance(1000)
    expect(removed).toHaveLength(1)
  })

  test('gives one that was made in the future its life, and no more', () => {
    identities.joined(add('a', account(), -(2 ** 40)))
    clock.advance(9999)
    const before = removed.length
    clock.advance(1)
    expect({ before, removed: removed.length }).toEqual({ before: 0, removed: 1 })
  })

  test('ofInstance finds that of a process that comes again', () => {
    const record = add('a')
    expect(['a', 'b', undefined].map((instance) => identities.ofInstance(instance, 'a'))).toEqual([
      record,
      undefined,
      undefined,
    ])
  })

  test('ofInstance finds a process only from its own address', () => {
    add('a')
    expect(identities.ofInstance('a', '203.0.113.9')).toBeUndefined()
  })

  test('ofInstance still finds a process after its id came from another address', () => {
    const record = add('a')
    add('b', account(), 0, { instance: 'a', address: '203.0.113.9' })
    expect(identities.ofInstance('a', 'a')).toBe(record)
  })

  test('assertRoom refuses one more of an address, and names the limit', () => {
    const home = account()
    for (const token of ['a', 'b']) identities.joined(add(token, home))
    expect(() => add('c', home)).toThrow('the limit of 2 providers of one address is reached')
  })

  test('assertRoom refuses one more of a network, whatever its address', () => {
    const limits = { bytesPerSecond: 1, dailyBytes: 1, maxChannels: 1 }
    const parent = new Account({ clock, owner: 'network', ...limits, scale: 1.5 })
    const homes = [1, 2, 3, 4].map(() => new Account({ clock, owner: 'address', ...limits, parent }))
    for (const [index, home] of homes.slice(0, 3).entries()) identities.joined(add(`${index}`, home))
    expect(() => add('3', homes[3])).toThrow('the limit of 3 providers of one network is reached')
  })

  test('assertRoom refuses one more of all, and names the limit', () => {
    for (const token of ['a', 'b', 'c', 'd']) identities.joined(add(token))
    expect(() => add('e')).toThrow('the limit of 4 providers of this relay is reached')
  })

  test('assertRoom removes the oldest identity without providers and codes', () => {
    const home = account()
    add('a', home)
    add('b', home)
    add('c', home)
    expect(removed).toEqual(['a: a newer provider needed its place'])
  })

  test('assertRoom leaves one that has codes', () => {
    const home = account()
    for (const token of ['a', 'b']) withCodes.add(add(token, home))
    expect(() => add('c', home)).toThrow('the limit of 2 providers')
  })

  test('forget frees the place of its address, and leaves no timer', () => {
    const home = account()
    identities.forget(add('a', home))
    expect({ identities: home.identities, nextDueMs: clock.nextDueMs }).toEqual({ identities: 0, nextDueMs: undefined })
  })
})
