import { encode, type Extension, MessageType, peekType } from '@ls/codec'
import { Changes } from '@ls/foundation'
import { loopbackPair, Session } from '@ls/mux'
import { FakeClock, turns } from '@ls/testkit'
import { expect, onTestFinished, test } from 'vitest'
import type { Peer } from '../links/peer.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { HandedOverClients } from './handed-over-clients.js'

const noGroups = Object.assign([], { of: () => undefined }) as unknown as ReverseGroups
const relink = encode({ type: MessageType.Relink })

interface Situation {
  readonly groups?: ReverseGroups
  readonly kind?: 'forward' | 'reverse'
  readonly hasNodes?: boolean
  readonly extensions?: readonly Extension[]
}

/** A process that is handed over, with one client that has one channel. */
async function handedOver(situation: Situation = {}) {
  const { groups = noGroups, kind = 'forward', hasNodes = false, extensions = ['window', 'fin'] } = situation
  const clock = new FakeClock()
  const changes = new Changes(clock)
  const peers = new Set<Peer>()
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
  const handover = new HandedOverClients({ ...shared, timeoutMs: 60_000, isOver: () => false })
  const received: (number | undefined)[] = []
  const client = new Session({ extensions, clock }, { onMessage: (message) => received.push(peekType(message)) })
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
  return { clock, channel, handover, peer, pass, received, over: handover.finished() }
}

test('HandedOverClients ends the session of a client that has moved as soon as its last channel is over', async () => {
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

test.each<[string, readonly Extension[]]>([
  ['asks a client with windows to move', ['window', 'fin']],
  ['asks no client without windows, which cannot know the message', []],
])('HandedOverClients %s', async (_what, extensions) => {
  const { received, pass } = await handedOver({ extensions })
  await pass(10)
  expect(received).toEqual(extensions.length > 0 ? [MessageType.Relink] : [])
})

test.each<[number, readonly Extension[]]>([
  [15_000, ['window', 'fin']],
  [2000, []],
])(
  'HandedOverClients sends away a client that has not said that it moved, once it was idle for %i ms',
  async (ms, extensions) => {
    const { channel, peer, pass } = await handedOver({ extensions })
    channel.disconnect()
    await turns(2)
    await pass(ms - 1)
    const before = peer.session.state
    await pass(1)
    await pass(10)
    expect({ before, state: peer.session.state }).toEqual({ before: 'linked', state: 'closed' })
  },
)

test('HandedOverClients waits no longer than its deadline', async () => {
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

test('HandedOverClients keeps the session of a provider that has moved until other nodes know of it', async () => {
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
