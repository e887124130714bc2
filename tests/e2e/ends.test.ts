import type { Socket } from 'node:net'
import type { PolicyOptions } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { byteServer, freePort, onceEvent, socketEnd, tcpServer, until } from '@ls/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { startClient, startServer } from './running.js'

afterEach(() => vi.restoreAllMocks())

/** A proxy port, and an event that ends its connections. */
interface Scene {
  readonly proxy: { readonly host: string; readonly port: number } | undefined
  end(): unknown
}

const scenes: Readonly<Record<string, () => Promise<Scene>>> = {
  'forward: its token is removed': async () => {
    const { server, client, token } = await forward()
    return { proxy: client.socksAddress, end: () => server.removeToken(token) }
  },
  'forward: its token expires': async () => {
    const expiresAtMs = Date.now() + 3_600_000
    const { client } = await forward({ expiresAt: new Date(expiresAtMs).toISOString() })
    return { proxy: client.socksAddress, end: () => vi.spyOn(Date, 'now').mockReturnValue(expiresAtMs) }
  },
  'forward: its quota is used up': async () => {
    const { client } = await forward({ quota: { day: quotaBytes, atEnd: 'end' } })
    return { proxy: client.socksAddress, end: () => download(client.socksAddress, quotaBytes) }
  },
  'forward: another policy ends it': async () => {
    const { server, client, token } = await forward()
    const policy = { expiresAt: '2020-01-01T00:00:00Z' }
    return { proxy: client.socksAddress, end: () => server.ports.changePolicy(token, policy) }
  },
  'forward: it is closed by its id': async () => {
    const { server, client } = await forward()
    return { proxy: client.socksAddress, end: () => [...server.channels()].map(({ id }) => server.closeChannel(id)) }
  },
  'forward: its client closes, one of two with this token': async () => {
    const { server, client, token } = await forward()
    await startClient(server, { token, proxy: { port: 0 } })
    return { proxy: client.socksAddress, end: () => client.close() }
  },
  'reverse: its token is removed': async () => {
    const { server, token, proxy } = await reverse()
    return { proxy, end: () => server.removeToken(token) }
  },
  'reverse: its provider closes': async () => {
    const { provider, proxy } = await reverse()
    return { proxy, end: () => provider.close() }
  },
  'reverse: its quota is used up': async () => {
    const { proxy } = await reverse({ quota: { day: quotaBytes, atEnd: 'end' } })
    return { proxy, end: () => download(proxy, quotaBytes) }
  },
  'agent: the token of its connector is removed': async () => {
    const { server, connector, connectorToken } = await agent()
    return { proxy: connector.socksAddress, end: () => server.removeToken(connectorToken) }
  },
  'agent: the token of its provider is removed': async () => {
    const { server, connector, token } = await agent()
    return { proxy: connector.socksAddress, end: () => server.removeToken(token) }
  },
  'agent: its provider closes': async () => {
    const { connector, provider } = await agent()
    return { proxy: connector.socksAddress, end: () => provider.close() }
  },
  'agent: its connector closes': async () => {
    const { connector } = await agent()
    return { proxy: connector.socksAddress, end: () => connector.close() }
  },
  'agent: its server closes': async () => {
    const { connector, server } = await agent()
    return { proxy: connector.socksAddress, end: () => server.close() }
  },
}

test.each(Object.entries(scenes))(
  'connections that are cut reset their users and their targets: %s',
  async (_, prepare) => {
    const { proxy, end } = await prepare()
    const [idle, busy] = [await twoEnds(proxy, 0), await twoEnds(proxy, 1_000_000)]
    await end()
    const ends = [...idle, ...busy].map((socket) => socketEnd(socket, { timeoutMs: 15_000 }))
    expect(await Promise.all(ends)).toEqual([cut, cut, cut, cut])
  },
  60_000,
)

/** More bytes than are in flight in a test. */
const quotaBytes = 4_000_000

const cut: unknown = expect.stringMatching(/^(ECONNRESET|EPIPE)$/)

async function forward(policy?: PolicyOptions) {
  const server = await startServer()
  const token = server.addForwardToken('token', { policy })
  return { server, token, client: await startClient(server, { token, proxy: { port: 0 } }) }
}

async function reverse(policy?: PolicyOptions) {
  const server = await startServer()
  const { token, port } = server.addReverseToken({ socksPort: await freePort(), policy })
  const listening = onceEvent(server, 'socksListening')
  const provider = await startClient(server, { role: 'provider', token })
  await listening
  return { server, token, provider, proxy: { host: '127.0.0.1', port: port ?? 0 } }
}

async function agent() {
  const server = await startServer()
  const { token } = server.addReverseToken({ socksPort: 'none' })
  const connectorToken = server.addConnectorToken({ reverseToken: token })
  const provider = await startClient(server, { role: 'provider', token })
  const connector = await startClient(server, { role: 'connector', token: connectorToken, proxy: { port: 0 } })
  return { server, token, connectorToken, provider, connector }
}

async function download(proxy: Scene['proxy'], sendBytes: number): Promise<void> {
  if (proxy === undefined) throw new Error('there is no proxy port')
  const socket = await connect({ proxy, target: closing(await byteServer({ sendBytes })) })
  await socketEnd(socket, { timeoutMs: 30_000 })
}

/**
 * Returns both ends of a connection through the proxy that has carried some of `bytes` in both directions; neither side
 * ends it.
 */
async function twoEnds(proxy: Scene['proxy'], bytes: number): Promise<[Socket, Socket]> {
  if (proxy === undefined) throw new Error('there is no proxy port')
  const accepted: Socket[] = []
  const target = closing(await tcpServer((socket) => accepted.push(socket)))
  const user = await connect({ proxy, target })
  afterTest(() => user.destroy())
  user.on('error', () => {})
  await until(() => accepted.length === 1, 'the target to be reached')
  const [atTarget] = accepted as [Socket]
  for (const [from, to] of [
    [user, atTarget],
    [atTarget, user],
  ] as const) {
    from.write(Buffer.alloc(1000 + bytes))
    await onceEvent(to, 'readable')
  }
  return [user, atTarget]
}
