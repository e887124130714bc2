import { once } from 'node:events'
import type { Socket } from 'node:net'
import { type Extension, MessageType } from '@ls/codec'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { FakeClock, freePort, onceEvent, turns, until, within } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { modes, proxyNet } from '../stress/proxy-net.js'
import { RawPeer } from './raw-peer.js'

/** A SOCKS client with a reported success, at a server in reverse mode whose provider does not answer by itself. */
async function unanswered(extensions: readonly Extension[], options: ServerOptions = {}) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, proxy: { fastOpen: true }, ...options }))
  const { token, port } = server.addReverseToken({ socksPort: await freePort(), socksNowait: true })
  await server.listen()
  const provider = await RawPeer.open({ port: server.address?.port ?? 0, token, reverse: true, extensions })
  const proxy = { host: '127.0.0.1', port }
  const socket = await connect({ proxy, target: { host: 'target.test', port: 80 } })
  afterTest(() => socket.destroy())
  socket.on('error', () => {})
  return { server, provider, socket }
}

function gone(socket: Socket): Promise<unknown> {
  return onceEvent(socket.resume(), 'close')
}

test.each(modes)('fast open reports success first, and resets when the target refuses, in %s mode', async (mode) => {
  const options = { server: { proxy: { fastOpen: true } }, client: { proxy: { fastOpen: true } } }
  const { socks, sessions } = await proxyNet(mode, options)
  const socket = await connect({ proxy: socks, target: { host: '127.0.0.1', port: await freePort() } })
  const [error] = (await within(once(socket.resume(), 'error'), 'the reset')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNRESET')
  await until(() => sessions().every(({ channelCount }) => channelCount === 0), 'all tables to be empty')
})

test('fast open sends the first data behind Connect, without a wait for the answer', async () => {
  const { provider, socket } = await unanswered(['window'])
  socket.write('first')
  expect(Buffer.from((await provider.next(MessageType.Data)).payload).toString()).toBe('first')
})

test('fast open holds the first data for a base peer until it has answered', async () => {
  const { provider, socket } = await unanswered([])
  socket.write('first')
  const { channelId } = await provider.next(MessageType.Connect)
  await turns(20)
  expect(provider.received.filter(({ type }) => type === MessageType.Data)).toEqual([])
  provider.send({ type: MessageType.ConnectResponse, success: true, channelId })
  expect(Buffer.from((await provider.next(MessageType.Data)).payload).toString()).toBe('first')
})

test('fast open cuts a connection whose target has not answered within 15 s, and not before', async () => {
  const clock = new FakeClock()
  const { server, provider, socket } = await unanswered(['window'], { clock, heartbeat: false })
  await provider.next(MessageType.Connect)
  clock.advance(14_999)
  await turns(5)
  expect([...server.channels()]).toHaveLength(1)
  clock.advance(1)
  await gone(socket)
  await provider.next(MessageType.Disconnect)
  expect([...server.channels()]).toEqual([])
})

test('fast open ends the channel when the client goes before the answer', async () => {
  const { server, provider, socket } = await unanswered(['window'])
  await provider.next(MessageType.Connect)
  socket.destroy()
  await provider.next(MessageType.Disconnect)
  await until(() => [...server.channels()].length === 0, 'the channel to go')
  expect([...server.peers].map(({ session }) => session.channelCount)).toEqual([0])
})
