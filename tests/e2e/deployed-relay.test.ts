import { once } from 'node:events'
import { LinkSocksClient } from '@ls/client'
import { decode, encode, type KnownMessage, MessageType } from '@ls/codec'
import type { MessageTransport } from '@ls/mux'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent, until } from '@ls/testkit'
import { hashToken, listen, parseAuthQuery } from '@ls/transport'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'

const identity = 'c1a3e2f0-5d7b-4a64-9a3e-0f6d2b7c8e91'
const anonymous = hashToken('anonymous')

/**
 * A relay that behaves like the deployed one in docs/interop.md: one group, and messages passed on by their channel.
 */
async function deployedRelay() {
  const shown: string[] = []
  const links = new Set<MessageTransport>()
  const codes = new Set<string>()
  const connectors = new Map<string, MessageTransport>()
  let provider: MessageTransport | undefined
  const say = (to: MessageTransport | undefined, message: KnownMessage): void => void to?.send(encode(message))

  const fromProvider = (bytes: Uint8Array): void => {
    const message = decode(bytes)
    if (message.type !== MessageType.Connector) return void connectors.get(channelOf(message))?.send(bytes)
    const { channelId, token } = message
    const success = token.length >= 8
    if (success) codes.add(hashToken(token))
    const error = success ? {} : { error: 'Token must be at least 8 characters' }
    say(provider, { type: MessageType.ConnectorResponse, channelId, success, ...error, ...(success ? { token } : {}) })
  }
  const fromConnector = (transport: MessageTransport) => (bytes: Uint8Array) => {
    connectors.set(channelOf(decode(bytes)), transport)
    provider?.send(bytes)
  }

  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    onTransport: (transport, { query }) => {
      const { tokenHash = '', reverse } = parseAuthQuery(query)
      shown.push(tokenHash)
      links.add(transport)
      transport.admit()
      if (!reverse && !codes.has(tokenHash)) {
        transport.setHandler({ onMessage: () => {}, onDrain: () => {}, onClose: () => {} })
        const error = `invalid token (http://relay.test/socket?token=${tokenHash}&reverse=false)`
        return say(transport, { type: MessageType.AuthResponse, success: false, error })
      }
      if (reverse) provider = transport
      const onMessage = reverse ? fromProvider : fromConnector(transport)
      transport.setHandler({ onMessage, onDrain: () => {}, onClose: () => void links.delete(transport) })
      say(transport, {
        type: MessageType.AuthResponse,
        success: true,
        token: tokenHash === anonymous ? identity : tokenHash,
      })
      say(transport, { type: MessageType.Log, level: 'info', text: 'Welcome to LinkSocks.js relay server.' })
      if (reverse) return
      say(transport, { type: MessageType.Partners, count: 1 })
      say(provider, { type: MessageType.Partners, count: 1 })
    },
  })
  afterTest(() => listener.closeAll())
  const url = `ws://127.0.0.1:${listener.address().port}`
  const cut = (): void => {
    for (const link of links) link.destroy()
  }
  return { url, shown, cut }
}

function channelOf(message: object): string {
  return 'channelId' in message ? Buffer.from(message.channelId as Uint8Array).toString('hex') : ''
}

async function provide(url: string): Promise<LinkSocksClient> {
  const provider = closing(new LinkSocksClient({ url, role: 'provider', reconnect: { delayMs: 10 } }))
  await provider.start()
  return provider
}

test('our provider and connector meet at the deployed relay by a code', async () => {
  const target = closing(await echoServer())
  const { url } = await deployedRelay()
  const provider = await provide(url)
  await provider.addConnector('tuna-42-lamp')
  const connector = closing(new LinkSocksClient({ url, token: 'tuna-42-lamp', proxy: { port: 0 } }))
  const partners = onceEvent(connector, 'partners')
  await connector.start()
  const proxy = { host: '127.0.0.1', port: connector.socksAddress?.port ?? 0 }
  const socket = await connect({ proxy, target: { host: '127.0.0.1', port: target.port } })
  afterTest(() => socket.destroy())
  socket.write('ping')
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  expect({ chunk: chunk.toString(), serverToken: provider.serverToken, partners: (await partners)[0] }).toEqual({
    chunk: 'ping',
    serverToken: identity,
    partners: 1,
  })
})

test('our provider comes back to the deployed relay with the token that it gave, and with its code', async () => {
  const { url, shown, cut } = await deployedRelay()
  const provider = await provide(url)
  await provider.addConnector('tuna-42-lamp')
  const added = onceEvent(provider, 'connectorAdded')
  cut()
  expect(await added).toEqual(['tuna-42-lamp'])
  expect(shown).toEqual([anonymous, hashToken(identity)])
})

test('our provider says why the deployed relay refuses a code', async () => {
  const { url } = await deployedRelay()
  await expect((await provide(url)).addConnector('short')).rejects.toThrow('Token must be at least 8 characters')
})

test('our provider ends with the text of the deployed relay when its code is too weak', async () => {
  const { url } = await deployedRelay()
  const provider = closing(new LinkSocksClient({ url, role: 'provider', connectorTokens: ['short'] }))
  await provider.start()
  expect((await provider.closed)?.message).toContain('Token must be at least 8 characters')
})

test('our connector ends with the text of the deployed relay when its code is unknown', async () => {
  const { url, shown } = await deployedRelay()
  const connector = closing(new LinkSocksClient({ url, token: 'tuna-42-lamp', proxy: { port: 0 } }))
  await expect(connector.start()).rejects.toThrow('invalid token (http://relay.test/socket')
  await until(() => shown.length === 1, 'the one attempt')
})
