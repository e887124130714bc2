import { encode, MessageType } from '@ls/codec'
import { Changes } from '@ls/foundation'
import { loopbackPair, Session } from '@ls/mux'
import { FakeClock, turns } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import type { Peer } from '../links/peer.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { HandedOver } from './hand-over.js'

const noGroups = Object.assign([], { of: () => undefined }) as unknown as ReverseGroups
const relink = encode({ type: MessageType.Relink })

interface Situation {
  readonly groups?: ReverseGroups
  readonly kind?: 'forward' | 'reverse'
  readonly hasNodes?: boolean
}

/** A process that is handed over, with one client that has one channel. */
async function handedOver({ groups = noGroups, kind = 'forward', hasNodes = false }: Situation = {}) {
  const clock = new FakeClock()
  const changes = new Changes(clock)
  const peers = new Set<Peer>()
  const extensions = ['window', 'fin'] as const
  const session = new Session(
    { extensions, clock },
    {
      onConnect: (channel) => channel.accept({}),
      onIdle: () => {
        handover.idle(peer)
        changes.note()
      },
      onClose: () => {
        peers.delete(peer)
        changes.note()
      },
    },
  )
  const peer = { session, record: { kind } } as unknown as Peer
  peers.add(peer)
  const shared = { peers, groups, clock, changes, hasNodes }
  const handover = new HandedOver({ ...shared, timeoutMs: 60_000, isOver: () => false })
  const client = new Session({ extensions, clock })
  const [left, right] = loopbackPair()
  session.attach(left)
  client.attach(right)
  const channel = client.open({ protocol: 'udp' })
  onTestFinished(() => client.close('the test is over'))
  await turns(2)
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await turns(2)
  }
  return { clock, channel, handover, peer, pass, over: handover.finished() }
}

test('HandedOver ends the session of a client that has moved as soon as its last channel is over', async () => {
  const { clock, channel, handover, peer, pass, over } = await handedOver()
  handover.receive(peer, relink)
  await pass(10)
  const before = peer.session.state
  channel.disconnect()
  await turns(2)
  await pass(10)
  await over
  expect({ before, state: peer.session.state, now: clock.now() }).toEqual({
    before: 'linked',
    state: 'closed',
    now: 20,
  })
})

test('HandedOver sends away a client that has not said that it moved, once it was idle for 15 s', async () => {
  const { channel, peer, pass } = await handedOver()
  channel.disconnect()
  await turns(2)
  await pass(14_999)
  const before = peer.session.state
  await pass(1)
  await pass(10)
  expect({ before, state: peer.session.state }).toEqual({ before: 'linked', state: 'closed' })
})

test('HandedOver waits no longer than its deadline', async () => {
  const { clock, peer, pass, over } = await handedOver()
  await pass(60_000)
  await pass(0)
  await over
  expect({ state: peer.session.state, pendingTimers: clock.pendingTimers }).toEqual({
    state: 'linked',
    pendingTimers: expect.any(Number) as number,
  })
})

/** A group whose port is closed, which notes the providers that leave. */
function oneGroup() {
  const leaving: Peer[] = []
  const socks = { stopListening: () => Promise.resolve() }
  const group = { isAsked: false, socks, providerLeaves: (peer: Peer) => leaving.push(peer) }
  const groups = Object.assign([group], { of: () => group }) as unknown as ReverseGroups
  return { groups, leaving }
}

test('HandedOver keeps the session of a provider that has moved until other nodes know of it', async () => {
  const { groups, leaving } = oneGroup()
  const { channel, handover, peer, pass } = await handedOver({ groups, kind: 'reverse', hasNodes: true })
  channel.disconnect()
  await turns(2)
  handover.receive(peer, relink)
  await pass(1999)
  await pass(0)
  const before = peer.session.state
  await pass(1)
  await pass(10)
  expect({ before, state: peer.session.state, leaving }).toEqual({
    before: 'linked',
    state: 'closed',
    leaving: [peer],
  })
})
