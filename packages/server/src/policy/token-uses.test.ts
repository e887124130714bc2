import type { Channel } from '@ls/mux'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import type { Peer } from '../links/peer.js'
import { resolveServerOptions } from '../options/resolve-options.js'
import { TokenRegistry } from '../tokens/token-registry.js'
import { tokenKey } from '../tokens/token-text.js'
import type { PolicyOptions } from './policy-options.js'
import { Policy } from './policy.js'
import type { TokenLoad } from './token-load.js'
import { TokenUses } from './token-uses.js'

/** A token without a policy, and a client with one channel. */
function make() {
  const clock = new FakeClock()
  const record = new TokenRegistry().add({ kind: 'forward' as const, token: 't', policy: undefined })
  const channel = { sentBytes: 0, receivedBytes: 0 } as Channel & { sentBytes: number }
  const peer = { record, session: { linked: true, channels: () => [channel] } } as unknown as Peer
  const server = { ...resolveServerOptions({}), clock }
  const uses = new TokenUses({ server, peers: () => [peer], forwarded: () => [] })
  const change = (policy?: PolicyOptions): void => {
    Object.assign(record, { policy: policy && Policy.of(policy) })
    uses.changed(record, [])
  }
  const move = (bytes: number): void => {
    channel.sentBytes += bytes
    clock.advance(1000)
  }
  const used = (): number | undefined => uses.of(record)?.quota?.uses(Date.now())[0]?.usedBytes
  return { clock, record, peer, uses, change, move, used }
}

describe('TokenUses.changed', () => {
  test('begins a quota at 0 for a token that has none, whatever its channels have moved', () => {
    const { change, move, used } = make()
    move(1000)
    change({ quota: { day: 100 } })
    move(60)
    expect(used()).toBe(60)
  })

  test('begins it so for a token with a policy, too', () => {
    const { change, move, used } = make()
    change({ maxLinks: 2 })
    move(1000)
    change({ maxLinks: 2, quota: { day: 100 } })
    move(60)
    expect(used()).toBe(60)
  })

  test('counts nothing of the time when the quota was off', () => {
    const { change, move, used } = make()
    change({ quota: { day: 100 } })
    move(30)
    change()
    move(1000)
    change({ quota: { day: 100 } })
    move(60)
    expect(used()).toBe(90)
  })

  test('continues its count when the quota of a token changes', () => {
    const { change, move, used } = make()
    change({ quota: { day: 100 } })
    move(30)
    change({ quota: { day: 200 } })
    move(60)
    expect(used()).toBe(90)
  })
})

describe('TokenUses with other nodes', () => {
  const elsewhere = (load: Partial<TokenLoad>): TokenLoad[] => [{ links: 0, channels: 0, up: 0, down: 0, ...load }]

  test('counts the links of other nodes', () => {
    const { uses, record, change } = make()
    change({ maxLinks: 3 })
    uses.setElsewhere(tokenKey('t'), record, elsewhere({ links: 2 }))
    const use = uses.of(record)
    use?.assertRoom(0)
    expect(() => use?.assertRoom(1)).toThrow('the limit of 3 links of this token is reached')
  })

  test('counts the channels of other nodes, and says so', () => {
    const { uses, record, change } = make()
    change({ maxChannels: 3 })
    uses.setElsewhere(tokenKey('t'), record, elsewhere({ channels: 2 }))
    const use = uses.of(record)
    use?.slots.take()
    expect(() => use?.slots.take()).toThrow('1 channels of this token (its policy, with 2 at other nodes)')
  })

  test('counts them when the policy changes, and when they were known before the token', () => {
    const { uses, record, change } = make()
    uses.setElsewhere(tokenKey('t'), undefined, elsewhere({ channels: 2 }))
    change({ maxChannels: 3 })
    const first = uses.of(record)?.slots.limit
    change({ maxChannels: 5 })
    expect({ first, second: uses.of(record)?.slots.limit }).toEqual({ first: 1, second: 3 })
  })

  test('gives back what other nodes no longer use', () => {
    const { uses, record, change } = make()
    change({ maxChannels: 3 })
    uses.setElsewhere(tokenKey('t'), record, elsewhere({ channels: 2 }))
    uses.setElsewhere(tokenKey('t'), record, [])
    expect(uses.of(record)?.slots.limit).toBe(3)
  })

  test('tells links, channels and rates of tokens with limits', () => {
    const { clock, uses, record, change } = make()
    const none = uses.loads([record], () => true)
    change({ maxChannels: 3, rate: { up: 10_000 } })
    const use = uses.of(record)
    uses.loads([record], () => true)
    use?.slots.take()
    use?.rates.up?.charge(400)
    clock.advance(1000)
    expect({ none, loads: uses.loads([record], () => true) }).toEqual({
      none: [],
      loads: [[tokenKey('t'), { links: 1, channels: 1, up: 400, down: 0 }]],
    })
  })

  test('tells no links of clients that leave', () => {
    const { uses, record, change } = make()
    change({ maxLinks: 3 })
    uses.of(record)
    expect(uses.loads([record], () => false)).toMatchObject([[tokenKey('t'), { links: 0 }]])
  })

  test('shares a rate', () => {
    const { clock, uses, record, change } = make()
    change({ rate: { up: 10_000 } })
    const limit = uses.of(record)?.rates.up
    uses.setElsewhere(tokenKey('t'), record, elsewhere({ up: 6000 }))
    // Half of the rate, and a tenth of a second's burst.
    limit?.charge(5500)
    clock.advance(999)
    const early = limit?.isOpen
    clock.advance(2)
    expect({ early, later: limit?.isOpen }).toEqual({ early: false, later: true })
  })
})
