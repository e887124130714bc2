import { decode, type Message, MessageType, newChannelId } from '@ls/codec'
import { FakeClock, memoryTransportPair } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Session } from '../session/session.js'
import { LostChannels } from './lost-channels.js'

/** Returns the messages that a peer receives on its next link. */
function told(lost: LostChannels, peer: string, clock: FakeClock): Message[] {
  const session = new Session({ clock }, { onConnect: () => {}, onClose: () => {} })
  const [near, far] = memoryTransportPair({ clock })
  const heard: Message[] = []
  far.setHandler({ onMessage: (bytes) => heard.push(decode(bytes)), onDrain: () => {}, onClose: () => {} })
  session.attach(near)
  lost.tell(peer, session)
  clock.advance(100)
  session.close('the test is over')
  return heard
}

const disconnect = (channelId: Uint8Array): Message => ({
  type: MessageType.Disconnect,
  channelId,
  error: 'failed: the link was lost',
})

test('LostChannels disconnects on the next link the channels that were lost with the last one', () => {
  const clock = new FakeClock()
  const lost = new LostChannels({ clock })
  const ids = [newChannelId(), newChannelId()]
  lost.remember('one', ids)
  expect(told(lost, 'one', clock)).toEqual(ids.map(disconnect))
})

test('LostChannels reports to each peer its own channels', () => {
  const clock = new FakeClock()
  const lost = new LostChannels({ clock })
  lost.remember('one', [newChannelId()])
  expect(told(lost, 'other', clock)).toEqual([])
})

test('LostChannels reports a channel once', () => {
  const clock = new FakeClock()
  const lost = new LostChannels({ clock })
  lost.remember('one', [newChannelId()])
  told(lost, 'one', clock)
  expect({ told: told(lost, 'one', clock), lost: lost.size }).toEqual({ told: [], lost: 0 })
})

test('LostChannels forgets after 60 s', () => {
  const clock = new FakeClock()
  const lost = new LostChannels({ clock })
  lost.remember('one', [newChannelId()])
  clock.advance(60_000)
  expect({ awaits: lost.awaits('one'), told: told(lost, 'one', clock) }).toEqual({ awaits: false, told: [] })
})

test('LostChannels forgets the oldest peers past its limit', () => {
  const clock = new FakeClock()
  const lost = new LostChannels({ clock, maxChannels: 2 })
  for (const peer of ['one', 'two', 'three']) lost.remember(peer, [newChannelId()])
  expect({ lost: lost.size, awaitsOne: lost.awaits('one'), awaitsThree: lost.awaits('three') }).toEqual({
    lost: 2,
    awaitsOne: false,
    awaitsThree: true,
  })
})

test('LostChannels keeps the newest of a peer that lost more than its limit', () => {
  const clock = new FakeClock()
  const lost = new LostChannels({ clock, maxChannels: 2 })
  const ids = [newChannelId(), newChannelId(), newChannelId()]
  lost.remember('one', ids)
  expect(told(lost, 'one', clock)).toEqual(ids.slice(1).map(disconnect))
})
