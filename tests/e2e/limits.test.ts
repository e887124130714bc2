import { once } from 'node:events'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { type KnownMessage, MessageType, newChannelId } from '@ls/codec'
import { type Logger, silentLogger } from '@ls/foundation'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { onceEvent, tcpServer, until, within } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { RawPeer } from './raw-peer.js'

async function forwardServer(options: ServerOptions = {}) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, ...options }))
  const token = server.addForwardToken()
  await server.listen()
  return { server, token, port: server.address?.port ?? 0 }
}

function connectTo(port: number): KnownMessage {
  const address = { host: '127.0.0.1', port }
  return { type: MessageType.Connect, protocol: 'tcp', channelId: newChannelId(), address }
}

describe('handshakeTimeoutMs', () => {
  test('ends a link whose client does not authenticate', async () => {
    const { port } = await forwardServer({ limits: { handshakeTimeoutMs: 20 } })
    const peer = await RawPeer.dial({ port })
    expect((await peer.end()).reason).toBe('the peer did not continue the handshake within 20 ms')
  })

  test('ends a link whose extended client does not answer Hello', async () => {
    const { port, token } = await forwardServer({ limits: { handshakeTimeoutMs: 20 } })
    const peer = await RawPeer.dial({ port, token, extensions: ['window'] })
    expect((await peer.end()).reason).toMatch(/within 20 ms/)
  })
})

describe('maxChannels', () => {
  test('refuses one channel too many on a link, naming the limit', async () => {
    const target = closing(await tcpServer(() => {}))
    const { port, token } = await forwardServer({ limits: { maxChannels: 2 } })
    const peer = await RawPeer.open({ port, token })
    for (let channel = 0; channel < 3; channel++) peer.send(connectTo(target.port))
    const answers = [1, 2, 3].map(() => peer.next(MessageType.ConnectResponse))
    const errors = (await Promise.all(answers)).flatMap(({ error }) => error ?? [])
    expect(errors).toEqual(['forbidden: 2 channels are open, the limit of the session'])
  })

  test('does not count what another link has open', async () => {
    const target = closing(await tcpServer(() => {}))
    const { port, token } = await forwardServer({ limits: { maxChannels: 1 } })
    const [one, other] = [await RawPeer.open({ port, token }), await RawPeer.open({ port, token })]
    one.send(connectTo(target.port))
    other.send(connectTo(target.port))
    const answers = await Promise.all([one, other].map((peer) => peer.next(MessageType.ConnectResponse)))
    expect(answers.map(({ success }) => success)).toEqual([true, true])
  })
})

test('maxLinks refuses a link too many with 503', async () => {
  const { port, token } = await forwardServer({ limits: { maxLinks: 1 } })
  await RawPeer.open({ port, token })
  await expect(RawPeer.open({ port, token })).rejects.toMatchObject({ status: 503 })
})

test('a request with headers past 8 KiB is refused with 431', async () => {
  const { port } = await forwardServer()
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  socket.write(`GET /socket HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(9000)}\r\n\r\n`)
  expect(String(await within(buffer(socket), 'the answer'))).toMatch(/^HTTP\/1\.1 431 /)
})

test('a broken message ends its own link and no other', async () => {
  const { server, port, token } = await forwardServer()
  const [broken, honest] = [await RawPeer.open({ port, token }), await RawPeer.open({ port, token })]
  await until(() => server.peers.size === 2, 'both peers')
  broken.sendBytes(Uint8Array.of(0x01, 0x04, 0x01))
  await broken.end()
  await until(() => server.peers.size === 1, 'the broken peer to go')
  const target = closing(await tcpServer(() => {}))
  honest.send(connectTo(target.port))
  expect(await honest.next(MessageType.ConnectResponse)).toMatchObject({ success: true })
})

test('a public SOCKS port without a password is warned of', async () => {
  const warnings: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields: object, text?: string) => void warnings.push(text ?? ''),
    child: () => logger,
  }
  const { server } = await forwardServer({ logger, proxy: { nowait: true } })
  const listening = onceEvent(server, 'socksListening')
  server.addReverseToken({ socksPort: 0, socksHost: '0.0.0.0' })
  await listening
  expect(warnings).toEqual(['the SOCKS port is public and requires no password: anyone can use it'])
})
