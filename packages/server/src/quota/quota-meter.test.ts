import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RareLog, silentLogger } from '@ls/foundation'
import type { Channel } from '@ls/mux'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import type { Peer } from '../links/peer.js'
import { resolveServerOptions } from '../options/resolve-options.js'
import type { PolicyQuota } from '../policy/policy-options.js'
import { Policy } from '../policy/policy.js'
import { TokenUse } from '../policy/token-use.js'
import { ServerState } from '../state/server-state.js'
import { TokenRegistry } from '../tokens/token-registry.js'
import { QuotaBook } from './quota-book.js'
import { QuotaMeter } from './quota-meter.js'

/** A client with one channel, under a quota. */
function make(quota: PolicyQuota, state?: ServerState) {
  const clock = new FakeClock()
  const server = { ...resolveServerOptions({}), clock, state }
  const record = new TokenRegistry().add({ kind: 'forward' as const, token: 't' })
  const quotas = new QuotaBook(state)
  const rareLog = new RareLog(clock, silentLogger)
  const use = new TokenUse({ record, policy: Policy.parse({ quota }), server, rareLog, quotas })
  const aborts: string[] = []
  const channel = { sentBytes: 0, receivedBytes: 0, abort: (error: string) => void aborts.push(error) }
  const peer = { record, session: { channels: () => [channel] } } as unknown as Peer
  const meter = new QuotaMeter({ server, peers: () => [peer], forwarded: () => [], useOf: () => use })
  meter.joined(peer)
  const move = (bytes: number): void => {
    channel.sentBytes += bytes
    clock.advance(1000)
  }
  return { meter, use, record, quotas, channel: channel as unknown as Channel, move, aborts }
}

describe('QuotaMeter', () => {
  test('refuses new channels once open ones have used all up', () => {
    const { use, move } = make({ day: 100 })
    move(60)
    const before = use.channelRefusal()
    move(60)
    expect({ before, message: use.channelRefusal()?.message }).toEqual({
      before: undefined,
      message: expect.stringContaining('forbidden: the quota of 100 bytes a day is used up until') as string,
    })
  })

  test('counts a channel that ends, once', () => {
    const { meter, use, record, channel, move } = make({ day: 100 })
    move(60)
    Object.assign(channel, { receivedBytes: 5 })
    meter.ended(record, channel)
    meter.ended(record, channel)
    expect(use.quota?.uses(Date.now())[0]?.usedBytes).toBe(65)
  })

  test('ends open channels where the quota says so', () => {
    const { move, aborts } = make({ day: 100, atEnd: 'end' })
    move(100)
    expect(aborts).toEqual([expect.stringContaining('forbidden: the quota of 100 bytes')])
  })

  test('slows down where the quota says so, and refuses nothing', () => {
    const { use, move } = make({ day: 100, atEnd: 'slow', rate: 2000 })
    const { down } = use.rates
    down?.charge(10_000)
    const before = down?.isOpen
    move(100)
    down?.charge(10_000)
    expect({ before, isOpen: down?.isOpen, refusal: use.channelRefusal() }).toEqual({
      before: true,
      isOpen: false,
      refusal: undefined,
    })
  })

  test('saves the used bytes in the state file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ls-quota-'))
    const open = () => ServerState.open(join(folder, 'state.json'))
    const { meter, move } = make({ day: 100 }, await open())
    move(70)
    await meter.close()
    const { use } = make({ day: 100 }, await open())
    rmSync(folder, { recursive: true })
    expect(use.quota?.uses(Date.now())[0]?.usedBytes).toBe(70)
  })
})
