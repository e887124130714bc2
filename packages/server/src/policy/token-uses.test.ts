import type { Channel } from '@ls/mux'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import type { Peer } from '../links/peer.js'
import { resolveServerOptions } from '../options/resolve-options.js'
import { TokenRegistry } from '../tokens/token-registry.js'
import type { PolicyOptions } from './policy-options.js'
import { Policy } from './policy.js'
import { TokenUses } from './token-uses.js'

/** A token without a policy, and a client with one channel. */
function make() {
  const clock = new FakeClock()
  const record = new TokenRegistry().add({ kind: 'forward' as const, token: 't', policy: undefined })
  const channel = { sentBytes: 0, receivedBytes: 0 } as Channel & { sentBytes: number }
  const peer = { record, session: { channels: () => [channel] } } as unknown as Peer
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
  return { change, move, used }
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
