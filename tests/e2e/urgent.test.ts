import { encode, type Extension, MessageType, newChannelId } from '@ls/codec'
import { LinkSocksServer } from '@ls/server'
import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { RawPeer } from './raw-peer.js'

const extensions: readonly Extension[] = ['window', 'fin', 'resume', 'ack2', 'urgent']

async function serving(maxLinks = 100, policy = {}) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, limits: { maxLinks } }))
  await server.listen()
  const token = server.addForwardToken(undefined, { policy })
  const options = { port: server.address?.port ?? 0, token, extensions }
  const main = await RawPeer.dial(options)
  const hello = await main.next(MessageType.Hello)
  main.send({ type: MessageType.Hello, extensions, windowBytes: 262_144 })
  return { options, main, session: hello.session ?? new Uint8Array(), secret: hello.secret ?? new Uint8Array() }
}

test('a second link with the secret of a session carries copies for it', async () => {
  const { options, main, session, secret } = await serving()
  const second = await RawPeer.dial(options)
  second.send({ type: MessageType.Resume, session, secret, sequence: 0, urgent: true })
  const { success } = await second.next(MessageType.Resumed)
  const connect = encode({ type: MessageType.Connect, protocol: 'udp', channelId: newChannelId() })
  second.send({ type: MessageType.Urgent, sequence: 1, message: connect })
  const answer = await main.next(MessageType.ConnectResponse)
  expect({ success, answer: answer.success }).toEqual({ success: true, answer: true })
})

test('a second link without the secret of a session is closed, and the session keeps its own', async () => {
  const { options, main, session } = await serving()
  const second = await RawPeer.dial(options)
  second.send({ type: MessageType.Resume, session, secret: Uint8Array.of(1), sequence: 0, urgent: true })
  await second.end()
  main.send({ type: MessageType.Connect, protocol: 'udp', channelId: newChannelId() })
  expect((await main.next(MessageType.ConnectResponse)).success).toBe(true)
})

test('a second link leaves the links of the token’s policy to clients', async () => {
  const { options, session, secret } = await serving(100, { maxLinks: 2 })
  const second = await RawPeer.dial(options)
  second.send({ type: MessageType.Resume, session, secret, sequence: 0, urgent: true })
  await second.next(MessageType.Resumed)
  const other = await RawPeer.dial(options)
  expect((await other.next(MessageType.AuthResponse)).success).toBe(true)
})

test('a second link is refused once half of the links of the server are in use', async () => {
  const { options, session, secret } = await serving(2)
  const second = await RawPeer.dial(options)
  second.send({ type: MessageType.Resume, session, secret, sequence: 0, urgent: true })
  await until(() => second.closed !== undefined, 'the second link to be refused')
  expect(second.closed?.reason).toBe('the server has too many links for second ones')
})

test('a second link counts among the links of its token', async () => {
  const { options, session, secret } = await serving(3)
  const second = await RawPeer.dial(options)
  second.send({ type: MessageType.Resume, session, secret, sequence: 0, urgent: true })
  await second.next(MessageType.Resumed)
  const third = await RawPeer.dial(options)
  await until(() => third.closed !== undefined, 'the third link to be refused')
  expect(third.closed?.reason).toBe('the limit of 2 links of one token is reached')
})
