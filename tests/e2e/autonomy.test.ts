import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'

/** A server in autonomy with two providers, the first of which lets connectors in with the token `mine`. */
async function autonomyNet() {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, limits: { connectorWaitMs: 200 } }))
  const { token } = server.addReverseToken({ allowManageConnector: true })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const owner = closing(new LinkSocksClient({ url, token, role: 'provider' }))
  const other = closing(new LinkSocksClient({ url, token, role: 'provider' }))
  await owner.start()
  await other.start()
  await until(() => server.peers.size === 2, 'both providers')
  await owner.addConnector('mine')
  return { server, url, token, owner, other }
}

test('a provider cannot add a token of another one', async () => {
  const { other } = await autonomyNet()
  await expect(other.addConnector('mine')).rejects.toThrow('connector token already exists')
})

test('a provider cannot remove a token of another one, nor learn that it exists', async () => {
  const { other } = await autonomyNet()
  await expect(other.removeConnector('mine')).rejects.toThrow('connector token does not exist')
})

test('adding a token again to the same provider succeeds', async () => {
  const { owner } = await autonomyNet()
  expect(await owner.addConnector('mine')).toBe('mine')
})

test('a connector reaches the provider that added its token', async () => {
  const target = closing(await echoServer())
  const { url, server } = await autonomyNet()
  const connector = closing(new LinkSocksClient({ url, token: 'mine', proxy: { port: 0 } }))
  await connector.start()
  const proxy = { host: '127.0.0.1', port: connector.socksAddress?.port ?? 0 }
  for (let request = 0; request < 4; request++) {
    const socket = await connect({ proxy, target: { host: '127.0.0.1', port: target.port } })
    afterTest(() => socket.destroy())
  }
  const perProvider = [...server.peers].filter(({ record }) => record.kind === 'reverse')
  expect(perProvider.map(({ session }) => session.channelCount)).toEqual([4, 0])
})

test('a connector finds no provider once the owner of its token has gone', async () => {
  const { url, owner, server } = await autonomyNet()
  const connector = closing(new LinkSocksClient({ url, token: 'mine', proxy: { port: 0 } }))
  await connector.start()
  await owner.close()
  await until(() => server.peers.size === 2, 'the owner to go')
  const proxy = { host: '127.0.0.1', port: connector.socksAddress?.port ?? 0 }
  const failure = await connect({ proxy, target: { host: '127.0.0.1', port: 1 } }).catch((error: unknown) => error)
  expect(failure).toMatchObject({ reply: 'network-unreachable' })
})

test('removing a connector token closes the connectors that use it', async () => {
  const { url, owner } = await autonomyNet()
  const connector = closing(new LinkSocksClient({ url, token: 'mine', proxy: { port: 0 } }))
  await connector.start()
  const down = onceEvent(connector, 'linkDown')
  await owner.removeConnector('mine')
  expect(await down).toEqual(['the token was removed'])
})

test('partners are counted per owner', async () => {
  const { url, owner, other } = await autonomyNet()
  const counts: Record<string, number> = {}
  owner.on('partners', (count) => (counts['owner'] = count))
  other.on('partners', (count) => (counts['other'] = count))
  const connector = closing(new LinkSocksClient({ url, token: 'mine', proxy: { port: 0 } }))
  connector.on('partners', (count) => (counts['connector'] = count))
  await connector.start()
  await until(() => counts['owner'] === 1 && counts['connector'] === 1, 'both partners to be told')
  expect(counts['other'] ?? 0).toBe(0)
})

test('a provider without the right to manage connectors is refused', async () => {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const { token } = server.addReverseToken({ socksPort: 'none' })
  await server.listen()
  const provider = closing(
    new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, role: 'provider' }),
  )
  await provider.start()
  await expect(provider.addConnector('x')).rejects.toThrow('does not allow to manage connectors')
})
