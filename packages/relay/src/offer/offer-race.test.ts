import { encode, MessageType } from '@ls/codec'
import type { Channel, Session } from '@ls/mux'
import { FakeClock, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { sessionPair } from '../../testing/session-pair.js'
import { targetOf } from '../../testing/target-of.js'
import type { ChannelSource } from './channel-source.js'
import { openAnswered } from './opener.js'

const request = {
  protocol: 'tcp',
  address: targetOf('target'),
  signal: new AbortController().signal,
} as const

/** A provider that records its requests, and passes them to `onConnect`. */
function provider(clock: FakeClock, onConnect: (channel: Channel) => void = () => {}) {
  const asked: Channel[] = []
  const pair = sessionPair(
    (channel) => {
      asked.push(channel)
      channel.setHandler({ onClose: () => {} })
      onConnect(channel)
    },
    { clock },
  )
  return { ...pair, asked }
}

/** Two providers, the first of which gets the first request. */
function twoProviders(onConnect: (channel: Channel) => void) {
  const clock = new FakeClock()
  const first = provider(clock)
  const second = provider(clock, onConnect)
  const source: ChannelSource = {
    pick: () => first.near,
    pickOther: (tried) => [first.near, second.near].find((session) => !tried.has(session)),
  }
  return { clock, first, second, source, opened: openAnswered(source, request) }
}

const sendLife = (session: Session): void =>
  session.send(encode({ type: MessageType.Log, level: 'debug', text: 'alive' }))

describe('an open that is not answered', () => {
  test('is offered to another session after a second, and the first accept wins', async () => {
    const { clock, first, second, opened } = twoProviders((channel) => channel.accept())
    await until(() => first.asked.length === 1, 'the first offer')
    clock.advance(1000)
    await opened
    expect({ asked: second.asked.length, channelCount: second.near.channelCount }).toEqual({
      asked: 1,
      channelCount: 1,
    })
  })

  test('is not offered elsewhere before', async () => {
    const { clock, first, second, opened } = twoProviders((channel) => channel.accept())
    await until(() => first.asked.length === 1, 'the first offer')
    clock.advance(999)
    first.asked[0]?.accept()
    await opened
    expect(second.asked).toEqual([])
  })

  test('is closed where it was late', async () => {
    const { clock, first, opened } = twoProviders((channel) => channel.accept())
    await until(() => first.asked.length === 1, 'the first offer')
    clock.advance(1000)
    await opened
    await until(() => first.asked[0]?.state === 'closed', 'the late one to be closed')
    expect(first.near.channelCount).toBe(0)
  })

  test('fails with what another peer says while the first one is silent', async () => {
    const { clock, first, opened } = twoProviders((channel) => channel.reject('refused: nobody listens'))
    await until(() => first.asked.length === 1, 'the first offer')
    clock.advance(1000)
    await expect(opened).rejects.toThrow('refused: nobody listens')
  })

  test('waits for a peer that lives when another one refuses', async () => {
    const { clock, first, second, opened } = twoProviders((channel) => channel.reject('failed: no route'))
    await until(() => first.asked.length === 1, 'the first offer')
    const before = first.near.receivedMessages
    sendLife(first.far)
    await until(() => first.near.receivedMessages > before, 'the sign of life')
    clock.advance(1000)
    await until(() => second.near.receivedMessages > 0, 'the refusal')
    first.asked[0]?.accept()
    await expect(opened).resolves.toMatchObject({ closed: undefined })
  })

  test('continues with another session when its link is lost', async () => {
    const clock = new FakeClock()
    const [first, second] = [provider(clock), provider(clock, (channel) => channel.accept())]
    const live = [first.near, second.near]
    const opened = openAnswered({ pick: () => live.shift() ?? second.near }, request)
    await until(() => first.asked.length === 1, 'the first offer')
    first.near.close('the provider is gone')
    await expect(opened).resolves.toMatchObject({ closed: undefined })
  })

  test('fails when one link after the other is gone', async () => {
    const { near } = provider(new FakeClock())
    near.close('the provider is gone')
    await expect(openAnswered({ pick: () => near }, request)).rejects.toThrow('no-provider: the link was closed')
  })

  test('fails at the limit when no asked session can be reached', async () => {
    const clock = new FakeClock()
    const { near, asked } = provider(clock)
    const opened = openAnswered({ pick: () => near, unlinkedLimitMs: 15_000 }, request)
    await until(() => asked.length === 1, 'the offer')
    Object.defineProperty(near, 'linked', { value: false })
    clock.advance(15_000)
    await expect(opened).rejects.toThrow('timeout: the peer could not be reached for 15000 ms')
  })

  test('is given up with its request', async () => {
    const clock = new FakeClock()
    const { near, asked } = provider(clock)
    const gone = new AbortController()
    const opened = openAnswered({ pick: () => near }, { ...request, signal: gone.signal })
    await until(() => asked.length === 1, 'the offer')
    gone.abort(new Error('the proxy client went away'))
    await expect(opened).rejects.toThrow('the proxy client went away')
    expect(near.channelCount).toBe(0)
  })
})
