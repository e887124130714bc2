import { encode, MessageType } from '@ls/codec'
import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { Peer } from '../links/peer.js'
import { MovingClients } from './moving-clients.js'

const relink = encode({ type: MessageType.Relink })

interface Client {
  readonly instance?: string
  readonly kind?: 'forward' | 'reverse'
  readonly channelCount?: number
  readonly window?: boolean
}

/** Clients of a node, and what happens to them. */
function make(...clients: readonly Client[]) {
  const clock = new FakeClock()
  const log: string[] = []
  const peers = new Set<Peer>()
  const made = clients.map(({ instance = 'a', kind = 'forward', channelCount = 0, window = true }) => {
    const session = {
      linked: true,
      channelCount,
      options: { window },
      send: () => log.push(`${instance} asked`),
      close: () => log.push(`${instance} closed`),
    }
    const peer = { session, instance, record: { kind } } as unknown as Peer
    peers.add(peer)
    return { peer, session }
  })
  const group = {
    providerLeaves: ({ instance }: Peer) => log.push(`${instance} leaves`),
    removeProvider: ({ instance }: Peer) => log.push(`${instance} removed`),
  }
  const groups = { of: () => group as never }
  const moving = new MovingClients({ peers, groups, mayLeave: () => true, clock })
  return { clock, log, moving, made, peers }
}

test('MovingClients asks no more links than it should', () => {
  const { moving, log } = make({ instance: 'a' }, { instance: 'b' }, { instance: 'c' })
  expect({ asked: moving.ask(2), log }).toEqual({ asked: 2, log: ['a asked', 'b asked'] })
})

test.each([
  ['has a channel', { channelCount: 1 }],
  ['does not know Relink', { window: false }],
])('MovingClients asks no client that %s at one of its links', (_what, busy) => {
  const { moving } = make({}, busy)
  expect(moving.ask(10)).toBe(0)
})

test('MovingClients does not ask a client again soon', () => {
  const { moving, clock } = make({})
  moving.ask(1)
  clock.advance(599_999)
  const soon = moving.ask(1)
  clock.advance(1)
  expect({ soon, later: moving.ask(1) }).toEqual({ soon: 0, later: 1 })
})

test('MovingClients asks a client that came back no more, since it knows no other node', () => {
  const { moving, clock, made } = make({})
  moving.ask(1)
  clock.advance(20_000)
  moving.joined(made[0]!.peer)
  clock.advance(86_400_000)
  expect(moving.ask(1)).toBe(0)
})

test('MovingClients forgets that a client came back when it has left', () => {
  const { moving, clock, made, peers } = make({})
  moving.ask(1)
  moving.joined(made[0]!.peer)
  peers.clear()
  clock.advance(600_000)
  moving.ask(1)
  peers.add(made[0]!.peer)
  expect(moving.ask(1)).toBe(1)
})

test('MovingClients asks a client again that has been at another node in between', () => {
  const { moving, clock, made } = make({})
  moving.ask(1)
  clock.advance(60_000)
  moving.joined(made[0]!.peer)
  clock.advance(540_000)
  expect(moving.ask(1)).toBe(1)
})

test('MovingClients refuses an asked client three times for each link, and no other', () => {
  const { moving } = make({}, {})
  moving.ask(2)
  const refused = Array.from({ length: 8 }, () => moving.refuses('a')).filter(Boolean).length
  expect({ refused, other: moving.refuses('b') }).toEqual({ refused: 6, other: false })
})

test('MovingClients takes an asked client again after 15 s', () => {
  const { moving, clock } = make({})
  moving.ask(1)
  clock.advance(15_000)
  expect(moving.refuses('a')).toBe(false)
})

test('MovingClients ends the session of a client that has moved, once it has no channel', () => {
  const { moving, log, made, clock } = make({})
  const [{ peer, session } = made[0]!] = made
  moving.ask(1)
  // The client began a session after it was asked.
  session.channelCount = 1
  moving.receive(peer, relink)
  clock.advance(100)
  session.channelCount = 0
  moving.idle(peer)
  const before = [...log]
  clock.advance(100)
  expect({ before, log }).toEqual({ before: ['a asked'], log: ['a asked', 'a closed'] })
})

test('MovingClients keeps a provider that has moved until other nodes know', () => {
  const { moving, log, made, clock } = make({ kind: 'reverse' })
  moving.ask(1)
  moving.receive(made[0]!.peer, relink)
  clock.advance(1999)
  const before = [...log]
  clock.advance(1)
  expect({ before, after: log.slice(before.length) }).toEqual({
    before: ['a asked', 'a leaves'],
    after: ['a removed', 'a closed'],
  })
})

test('MovingClients ends the session of a provider that has moved without being asked, once other nodes know', () => {
  const { moving, log, made, clock } = make({ kind: 'reverse' })
  moving.receive(made[0]!.peer, relink)
  clock.advance(1999)
  const before = [...log]
  clock.advance(1)
  expect({ before, after: log.slice(before.length) }).toEqual({
    before: ['a leaves'],
    after: ['a removed', 'a closed'],
  })
})
