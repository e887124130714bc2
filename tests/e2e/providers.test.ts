import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, awaitedLater, closing } from '../stress/cleanup.js'

/** A server with a reverse token and `count` providers behind one SOCKS port. */
async function reverseNet(count: number) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const { token, port } = server.addReverseToken({ socksPort: await freePort(), socksNowait: true })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const providers = Array.from({ length: count }, () => new LinkSocksClient({ url, token, role: 'provider' }))
  for (const provider of providers) await closing(provider).start()
  await until(() => server.peers.size === count, 'all providers')
  return { server, token, url, port, providers }
}

test('requests are split evenly over providers', async () => {
  const target = closing(await echoServer())
  const { server, port } = await reverseNet(3)
  const taken = new Map<string, number>()
  for (let request = 0; request < 30; request++) {
    const socket = await connect({
      proxy: { host: '127.0.0.1', port },
      target: { host: '127.0.0.1', port: target.port },
    })
    const busy = [...server.peers].find(({ session }) => session.channelCount > 0)
    taken.set(busy?.instance ?? '', (taken.get(busy?.instance ?? '') ?? 0) + 1)
    socket.destroy()
    await until(() => [...server.peers].every(({ session }) => session.channelCount === 0), 'the channel to go')
  }
  expect([...taken.values()]).toEqual([10, 10, 10])
})

test('a request goes to another provider when the first one has gone', async () => {
  const target = closing(await echoServer())
  const { server, port, providers } = await reverseNet(2)
  await providers[0]?.close()
  await until(() => server.peers.size === 1, 'the provider to go')
  const reached = await connect({
    proxy: { host: '127.0.0.1', port },
    target: { host: '127.0.0.1', port: target.port },
  })
  afterTest(() => reached.destroy())
  expect(reached.readyState).toBe('open')
})

test('the SOCKS port survives the reconnect of its only provider', async () => {
  const target = closing(await echoServer())
  const { server, port, providers, url, token } = await reverseNet(1)
  await providers[0]?.close()
  await until(() => server.peers.size === 0, 'the provider to go')
  const proxy = { host: '127.0.0.1', port }
  const reaching = awaitedLater(connect({ proxy, target: { host: '127.0.0.1', port: target.port } }))
  const next = closing(new LinkSocksClient({ url, token, role: 'provider' }))
  await next.start()
  const socket = await reaching
  afterTest(() => socket.destroy())
  expect(socket.readyState).toBe('open')
})

test('removing a token closes its clients immediately', async () => {
  const { server, token, providers } = await reverseNet(1)
  const down = onceEvent(providers[0] as LinkSocksClient, 'linkDown')
  await server.removeToken(token)
  expect(await down).toEqual(['the token was removed'])
})
