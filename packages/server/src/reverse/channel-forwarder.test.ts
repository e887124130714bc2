import { RareLog, silentLogger, systemClock } from '@ls/foundation'
import { type Channel, type ChannelHandler, Session } from '@ls/mux'
import { Balancer } from '@ls/relay'
import { FakeClock, memoryTransportPair, until } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { ChannelForwarder } from './channel-forwarder.js'

const sessions: Session[] = []

afterEach(() => {
  for (const session of sessions.splice(0)) session.close('the test is over')
})

/** Both ends of a link; `onConnect` receives the channels that the near end opens. */
function link(clock: FakeClock, onConnect: (channel: Channel) => void) {
  const options = { clock, extensions: ['window', 'fin'] as const }
  const near = new Session(options, { onConnect: (channel) => channel.reject('forbidden: no'), onClose: () => {} })
  const far = new Session(options, { onConnect, onClose: () => {} })
  const [left, right] = memoryTransportPair()
  near.attach(left)
  far.attach(right)
  sessions.push(near, far)
  return { near, far }
}

interface Asked {
  readonly channel: Channel
  text: string
  closed: boolean
}

/** A provider that passes its channels to `answer` and records what they receive. */
function provider(clock: FakeClock, answer: (channel: Channel) => void) {
  const asked: Asked[] = []
  const { near } = link(clock, (channel) => {
    const one: Asked = { channel, text: '', closed: false }
    asked.push(one)
    channel.setHandler({
      onData: (payload) => {
        one.text += Buffer.from(payload).toString()
        channel.consumed(payload.length)
      },
      onClose: () => (one.closed = true),
    })
    answer(channel)
    channel.resume()
  })
  return { session: near, asked }
}

const silence = (): void => {}

/** A connector before two providers, the first of which gets the first request. */
function agentNet(first: (channel: Channel) => void, second: (channel: Channel) => void) {
  const clock = new FakeClock()
  const providers = [provider(clock, first), provider(clock, second)] as const
  const balancer = new Balancer({ clock })
  for (const { session } of providers) balancer.add(session)
  const channelForwarder = new ChannelForwarder(new RareLog(systemClock, silentLogger))
  const atServer: { session?: Session } = {}
  const { near, far } = link(clock, (channel) => {
    if (atServer.session !== undefined)
      channelForwarder.connect(channel, atServer.session, { providers: balancer, waitMs: 5000 })
  })
  atServer.session = far
  const received = { text: '', error: undefined as string | undefined }
  const handler: ChannelHandler = {
    onData: (payload) => {
      received.text += Buffer.from(payload).toString()
    },
    onClose: ({ error }) => (received.error = error),
  }
  const channel = near.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } }, handler)
  return { clock, providers, channelForwarder, channel, received }
}

const accept = (channel: Channel): void => channel.accept()

describe('ChannelForwarder.connect', () => {
  test('offers a channel that is not answered to another provider after a second', async () => {
    const { clock, providers, channel } = agentNet(silence, accept)
    await until(() => providers[0].asked.length === 1, 'the first offer')
    clock.advance(1000)
    await until(() => channel.state === 'open', 'the answer')
    expect(providers[1].asked).toHaveLength(1)
  })

  test('gives the provider that accepts what the connector has sent early', async () => {
    const { clock, providers, channel } = agentNet(silence, accept)
    channel.send(Buffer.from('early'))
    await until(() => providers[0].asked.length === 1, 'the first offer')
    clock.advance(1000)
    await until(() => providers[1].asked[0]?.text === 'early', 'the data')
    expect(providers[0].asked[0]?.text).toBe('')
  })

  test('passes on what follows the answer directly', async () => {
    const { received } = agentNet((channel) => {
      channel.accept()
      channel.send(Buffer.from('hello'))
    }, accept)
    await until(() => received.text === 'hello', 'the data')
    expect(received.error).toBeUndefined()
  })

  test('closes the channel at the provider that is late', async () => {
    const { clock, providers, channel } = agentNet(silence, accept)
    await until(() => providers[0].asked.length === 1, 'the first offer')
    clock.advance(1000)
    await until(() => channel.state === 'open' && providers[0].asked[0]?.closed === true, 'the late one to be closed')
    providers[0].asked[0]?.channel.accept()
    expect(providers[0].session.channelCount).toBe(0)
  })

  test('asks no second provider if the first one answers', async () => {
    const { clock, providers, channel } = agentNet(accept, accept)
    await until(() => channel.state === 'open', 'the answer')
    clock.advance(5000)
    expect(providers[1].asked).toEqual([])
  })

  test('gives the connector the reason of a refusal by the provider', async () => {
    const { received } = agentNet((channel) => channel.reject('refused: nobody listens'), accept)
    await until(() => received.error !== undefined, 'the refusal')
    expect(received.error).toBe('refused: nobody listens')
  })

  test('asks another one where a node has no provider any more', async () => {
    const { channel, received } = agentNet((asked) => asked.reject('no-provider: none was connected'), accept)
    await until(() => channel.state === 'open' || received.error !== undefined, 'the answer')
    expect(received.error).toBeUndefined()
  })

  test('takes an offer back when the connector goes away', async () => {
    const { providers, channel, channelForwarder } = agentNet(silence, silence)
    await until(() => providers[0].asked.length === 1, 'the first offer')
    channel.abort('')
    await until(() => providers[0].asked[0]?.closed === true, 'the offer to be taken back')
    expect({ channelForwarder: channelForwarder.size, channelCount: providers[0].session.channelCount }).toEqual({
      channelForwarder: 0,
      channelCount: 0,
    })
  })
})
