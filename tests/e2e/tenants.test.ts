import type { Socket } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { encodeTcpData, type KnownMessage, MessageType, newChannelId, parseUuid } from '@ls/codec'
import { LinkSocksServer, type Peer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { RawPeer } from './raw-peer.js'

/** An honest tenant with a connection that echoes, in agent mode, and the tokens of another tenant. */
async function twoTenants() {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, limits: { connectorWaitMs: 200 } }))
  await server.listen()
  const port = server.address?.port ?? 0
  const [honest, hostile] = [tenant(server), tenant(server)]
  const url = `ws://127.0.0.1:${port}`
  const provider = closing(new LinkSocksClient({ url, token: honest.provider, role: 'provider' }))
  await provider.start()
  const connector = closing(new LinkSocksClient({ url, token: honest.connector, proxy: { port: 0 } }))
  await connector.start()
  const target = closing(await echoServer())
  const socksPort = connector.socksAddress?.port ?? 0
  const proxy = { host: '127.0.0.1', port: socksPort }
  const socket = await connect({ proxy, target: { host: '127.0.0.1', port: target.port } })
  afterTest(() => socket.destroy())
  const [channel] = server.channels()
  const id = parseUuid(channel?.id ?? '') ?? new Uint8Array(16)
  return { server, port, honest, hostile, provider, connector, socket, id, target }
}

interface Tenant {
  readonly provider: string
  readonly connector: string
}

function tenant(server: LinkSocksServer): Tenant {
  const { token } = server.addReverseToken({ socksPort: 'none', allowManageConnector: true })
  return { provider: token, connector: server.addConnectorToken({ reverseToken: token }) }
}

function peerWith(server: LinkSocksServer, token: string): Peer | undefined {
  return [...server.peers].find(({ record }) => record.token === token)
}

/** Sends `text` through the honest connection, and returns the answer. */
async function echoOf(socket: Socket, text: string): Promise<string> {
  let echo = ''
  socket.on('data', (chunk: Buffer) => (echo += chunk.toString('latin1')))
  socket.resume()
  socket.write(text)
  await until(() => echo.length >= text.length, 'the echo')
  return echo
}

/** Returns all possible messages of a channel. */
function messagesFor(channelId: Uint8Array): readonly KnownMessage[] {
  return [
    { type: MessageType.Data, protocol: 'tcp', channelId, compression: 'none', payload: Buffer.from('forged') },
    { type: MessageType.ConnectResponse, success: false, channelId, error: 'refused: forged' },
    { type: MessageType.Window, channelId, creditBytes: 0xffffffff },
    { type: MessageType.Fin, channelId },
    { type: MessageType.Disconnect, channelId, error: 'failed: forged' },
  ]
}

describe.each(['provider', 'connector'] as const)('a hostile %s', (role) => {
  test('that sends messages for the channel of another tenant is ignored and counted', async () => {
    const { server, port, hostile, socket, id } = await twoTenants()
    const token = hostile[role]
    const peer = await RawPeer.open({ port, token, reverse: role === 'provider', extensions: ['window', 'fin'] })
    await until(() => peerWith(server, token) !== undefined, 'the peer')
    for (const message of messagesFor(id)) peer.send(message)
    const session = peerWith(server, token)?.session
    await until(() => session?.counters.strayMessages === messagesFor(id).length, 'all messages to be counted')
    expect(await echoOf(socket, 'still ours')).toBe('still ours')
  })

  test('of the base protocol that sends them is ignored as well', async () => {
    const { server, port, hostile, socket, id } = await twoTenants()
    const token = hostile[role]
    const peer = await RawPeer.open({ port, token, reverse: role === 'provider' })
    await until(() => peerWith(server, token) !== undefined, 'the peer')
    for (const message of messagesFor(id)) peer.send(message)
    const counters = peerWith(server, token)?.session.counters
    await until(() => counters?.strayMessages === 3 && counters.unknownMessages === 2, 'all messages to be counted')
    expect(await echoOf(socket, 'still ours')).toBe('still ours')
  })
})

describe('a Connect with the id of a channel that is open', () => {
  test('does not reach that channel when another tenant sends it', async () => {
    const { server, port, hostile, socket, id } = await twoTenants()
    const provider = await RawPeer.open({ port, token: hostile.provider, reverse: true })
    const connector = await RawPeer.open({ port, token: hostile.connector })
    await until(() => server.peers.size === 4, 'both peers')
    connector.send(connectTo(id))
    expect((await provider.next(MessageType.Connect)).address).toEqual({ host: 'elsewhere.test', port: 1 })
    connector.sendBytes(encodeTcpData(id, Buffer.from('forged')))
    await provider.next(MessageType.Data)
    expect(await echoOf(socket, 'still ours')).toBe('still ours')
  })

  test('is refused when another connector of the same tenant sends it', async () => {
    const { port, honest, socket, id } = await twoTenants()
    const other = await RawPeer.open({ port, token: honest.connector })
    other.send(connectTo(id))
    expect(await other.next(MessageType.ConnectResponse)).toMatchObject({
      error: 'forbidden: the channel id is in use',
    })
    expect(await echoOf(socket, 'still ours')).toBe('still ours')
  })

  test('leaves the table as it was when it was refused', async () => {
    const { server, port, honest, id } = await twoTenants()
    const other = await RawPeer.open({ port, token: honest.connector })
    other.send(connectTo(id))
    await other.next(MessageType.ConnectResponse)
    expect([...server.channels()]).toHaveLength(1)
  })
})

function connectTo(channelId: Uint8Array): KnownMessage {
  return { type: MessageType.Connect, protocol: 'tcp', channelId, address: { host: 'elsewhere.test', port: 1 } }
}

describe('a provider', () => {
  test('opens no channels', async () => {
    const { port, hostile } = await twoTenants()
    const peer = await RawPeer.open({ port, token: hostile.provider, reverse: true })
    peer.send(connectTo(newChannelId()))
    const { error } = await peer.next(MessageType.ConnectResponse)
    expect(error).toBe('forbidden: providers open no channels')
  })

  test.each(['provider', 'connector'] as const)('cannot remove the %s token of another tenant', async (kind) => {
    const { server, port, honest, hostile } = await twoTenants()
    const peer = await RawPeer.open({ port, token: hostile.provider, reverse: true })
    const channelId = newChannelId()
    peer.send({ type: MessageType.Connector, channelId, token: honest[kind], operation: 'remove' })
    expect(await peer.next(MessageType.ConnectorResponse)).toMatchObject({ success: false })
    expect(server.tokens().map(({ token }) => token)).toContain(honest[kind])
  })

  test('is not told of the connectors of another tenant', async () => {
    const { server, port, hostile } = await twoTenants()
    const peer = await RawPeer.open({ port, token: hostile.provider, reverse: true })
    await RawPeer.open({ port, token: hostile.connector })
    await until(() => server.peers.size === 4, 'both peers')
    const counts = [(await peer.next(MessageType.Partners)).count]
    while (counts.at(-1) === 0) counts.push((await peer.next(MessageType.Partners)).count)
    expect(counts.at(-1)).toBe(1)
  })
})

describe('a connector token', () => {
  test('does not admit a provider', async () => {
    const { port, honest } = await twoTenants()
    const peer = await RawPeer.dial({ port, token: honest.connector, reverse: true })
    const error = 'invalid token: this one is for connectors, use "linksocks connector"'
    expect(await peer.next(MessageType.AuthResponse)).toMatchObject({ success: false, error })
  })

  test('of one tenant does not reach the provider of another', async () => {
    const { port, hostile } = await twoTenants()
    const peer = await RawPeer.open({ port, token: hostile.connector })
    peer.send(connectTo(newChannelId()))
    expect((await peer.next(MessageType.ConnectResponse)).error).toMatch(/^no-provider:/)
  })
})

test('a session cannot be resumed with the token of another tenant, even with the secret', async () => {
  const { server, port, honest, hostile } = await twoTenants()
  const own = await RawPeer.open({ port, token: honest.connector, extensions: ['window', 'fin', 'resume'] })
  const { session = new Uint8Array(16), secret = new Uint8Array(32) } = await own.next(MessageType.Hello)
  await until(() => server.peers.size === 3, 'the session')
  const thief = await RawPeer.dial({ port, token: hostile.connector, extensions: ['window', 'fin', 'resume'] })
  await thief.next(MessageType.AuthResponse)
  thief.send({ type: MessageType.Resume, session, secret, sequence: 0 })
  expect(await thief.next(MessageType.Resumed)).toMatchObject({ success: false })
  expect(own.closed).toBeUndefined()
})
