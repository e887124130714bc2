import { connect as dial } from 'node:net'
import type { LinkSocksClient } from '@ls/client'
import type { Exposure } from '@ls/relay'
import { LinkSocksServer, type PolicyOptions } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, until } from '@ls/testkit'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { afterTest, awaitedLater, closing } from '../stress/cleanup.js'
import { startClient, startServer } from './running.js'

afterEach(() => vi.restoreAllMocks())

/** Returns the word of SOCKS5's reply to a user who requests a target: `ok`, or the code of the refusal. */
async function ask(proxy: { host: string; port: number } | undefined, host: string, port: number): Promise<string> {
  if (proxy === undefined) throw new Error('there is no proxy port')
  try {
    const socket = await connect({ proxy, target: { host, port } })
    socket.on('error', () => {})
    afterTest(() => socket.destroy())
    return 'ok'
  } catch (error) {
    return (error as Error).message
  }
}

type Net = (policy: PolicyOptions) => Promise<{ host: string; port: number } | undefined>

/** A proxy port whose users are under the policy, in each mode. */
const nets: Readonly<Record<string, Net>> = {
  forward: async (policy) => {
    const server = await startServer()
    return (await startClient(server, { token: server.addForwardToken('f', { policy }), proxy: { port: 0 } }))
      .socksAddress
  },
  reverse: async (policy) => {
    const server = await startServer()
    const { token, port } = server.addReverseToken({ socksPort: await freePort(), policy })
    const listening = onceEvent(server, 'socksListening')
    await startClient(server, { token, role: 'provider' })
    await listening
    return { host: '127.0.0.1', port }
  },
  agent: async (policy) => {
    const server = await startServer()
    const { token } = server.addReverseToken({ socksPort: 'none' })
    await startClient(server, { token, role: 'provider' })
    const connector = server.addConnectorToken({ reverseToken: token, policy })
    return (await startClient(server, { token: connector, proxy: { port: 0 } })).socksAddress
  },
}

describe.each(Object.entries(nets))('a policy in %s mode', (_mode, net) => {
  test('allows the allowed targets and refuses others as forbidden', async () => {
    const { port } = closing(await echoServer())
    const proxy = await net({ allow: [`127.0.0.0/8:${port}`] })
    expect({
      allowed: await ask(proxy, '127.0.0.1', port),
      other: await ask(proxy, '127.0.0.1', port === 1 ? 2 : 1),
    }).toEqual({ allowed: 'ok', other: expect.stringMatching(/not allowed|forbidden|0x02/i) as string })
  })

  test('denies by the address in any spelling', async () => {
    const { port } = closing(await echoServer())
    const proxy = await net({ deny: ['127.0.0.0/8'] })
    expect(await ask(proxy, '127.1', port)).toMatch(/not allowed|forbidden|0x02/i)
  })

  test('closes a name that leads to a denied address', async () => {
    const { port } = closing(await echoServer())
    const proxy = await net({ deny: ['127.0.0.0/8', '[::1]'] })
    expect(await ask(proxy, 'localhost', port)).toMatch(/not allowed|forbidden|0x02/i)
  })

  test('limits channels', async () => {
    const { port } = closing(await echoServer())
    const proxy = await net({ maxChannels: 2 })
    const first = await ask(proxy, '127.0.0.1', port)
    const second = await ask(proxy, '127.0.0.1', port)
    const third = await ask(proxy, '127.0.0.1', port)
    expect({ first, second, third }).toEqual({
      first: 'ok',
      second: 'ok',
      third: expect.not.stringMatching(/^ok$/) as string,
    })
  })

  test.each(['up', 'down'] as const)('holds a rate %s', async (way) => {
    const { port } = closing(await echoServer())
    const proxy = await net({ rate: { [way]: 1_000_000, burst: 1000 } })
    const socket = await connect({ proxy: proxy ?? { host: '', port: 0 }, target: { host: '127.0.0.1', port } })
    const startedAtMs = performance.now()
    socket.end(Buffer.alloc(300_000))
    let bytes = 0
    for await (const data of socket) bytes += (data as Buffer).length
    // The first message passes without a wait.
    expect({ bytes, slowed: performance.now() - startedAtMs > 150 }).toEqual({ bytes: 300_000, slowed: true })
  })
})

/**
 * Opens a port of the server, whose token has the policy, that leads to an echo; returns a function that sends requests
 * there.
 */
async function exposeEcho(policy: PolicyOptions): Promise<() => Promise<string>> {
  const target = closing(await echoServer())
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const { token } = server.addReverseToken({ socksPort: 'none', policy })
  server.expose(token, `0=127.0.0.1:${target.port}`)
  const exposed = onceEvent(server, 'exposed')
  await server.listen()
  const [{ place }] = (await exposed) as [Exposure]
  await startClient(server, { token, role: 'provider' })
  return async () => {
    const socket = dial('port' in place ? place.port : 0, '127.0.0.1')
    afterTest(() => socket.destroy())
    socket.write('ping')
    return Promise.race([
      onceEvent(socket, 'data').then(() => 'ok'),
      onceEvent(socket, 'error').then(([error]) => (error as NodeJS.ErrnoException).code ?? ''),
    ])
  }
}

describe('a policy at an exposed port', () => {
  test('admits no client outside its hours', async () => {
    const noon = Date.parse('2026-11-26T12:00:00Z')
    vi.spyOn(Date, 'now').mockReturnValue(noon)
    const ask = await exposeEcho({ hours: { open: ['thu 11:00-13:00'], zone: 'UTC' } })
    const before = await ask()
    vi.spyOn(Date, 'now').mockReturnValue(noon + 3_600_000)
    expect({ before, ask: await ask() }).toEqual({ before: 'ok', ask: 'ECONNRESET' })
  })

  test('closes the targets that it denies', async () => {
    expect(await (await exposeEcho({ deny: ['127.0.0.0/8'] }))()).toBe('ECONNRESET')
  })
})

describe('a policy', () => {
  test.each([
    [{ sources: ['192.0.2.0/24'] }, 'the token may not be used from 127.0.0.1'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'the token expired at 2020-01-01T00:00:00.000Z'],
    [{ roles: ['provider' as const] }, 'the token is not for a client'],
  ])('refuses a link for good: %j', async (policy, reason) => {
    const server = await startServer()
    const token = server.addForwardToken('f', { policy })
    await expect(startClient(server, { token, proxy: { port: 0 } })).rejects.toThrow(reason)
  })

  test('limits links, and admits the next one after one has ended', async () => {
    const server = await startServer()
    const token = server.addForwardToken('f', { policy: { maxLinks: 1 } })
    const first = await startClient(server, { token, proxy: { port: 0 } })
    const refused = onceEvent(server, 'clientRefused')
    const second = awaitedLater(startClient(server, { token, proxy: { port: 0 }, reconnect: { delayMs: 10 } }))
    expect((await refused)[1]).toBe('the limit of 1 links of this token is reached')
    await first.close()
    await second
    await until(() => server.peers.size === 1, 'the second session')
  })

  test('admits no client outside its hours, and tells clients to try again', async () => {
    const server = await startServer()
    const noon = Date.parse('2026-11-26T12:00:00Z')
    vi.spyOn(Date, 'now').mockReturnValue(noon)
    const policy = { hours: { open: ['thu 13:00-14:00'], zone: 'UTC' } }
    const refused = onceEvent(server, 'clientRefused')
    const token = server.addForwardToken('f', { policy })
    const client = awaitedLater(startClient(server, { token, reconnect: { delayMs: 10 } }))
    expect((await refused)[1]).toBe('the token may not be used at this hour')
    vi.spyOn(Date, 'now').mockReturnValue(noon + 3_600_000)
    await client
  })

  test('ends the sessions of a token that expires', async () => {
    const server = await startServer()
    const expiresAtMs = Date.now() + 3_600_000
    const token = server.addForwardToken('f', { policy: { expiresAt: new Date(expiresAtMs).toISOString() } })
    await startClient(server, { token, proxy: { port: 0 } })
    await until(() => server.peers.size === 1, 'the session')
    const gone = onceEvent(server, 'clientDisconnected')
    vi.spyOn(Date, 'now').mockReturnValue(expiresAtMs)
    expect((await gone)[1]).toMatch(/^the token expired at /)
  })
})

describe('a connector token that a provider made', () => {
  /** A server whose provider has added the tokens `made` and `other`. */
  async function startAutonomy(policy: PolicyOptions): Promise<LinkSocksServer> {
    const server = await startServer()
    const { token } = server.addReverseToken({ allowManageConnector: true, policy })
    const provider = await startClient(server, { token, role: 'provider' })
    await provider.addConnector('made')
    await provider.addConnector('other')
    return server
  }

  const startConnector = (server: LinkSocksServer, token = 'made'): Promise<LinkSocksClient> =>
    startClient(server, { token, proxy: { port: 0 }, reconnect: { delayMs: 10 } })

  test('leads where the policy of the provider lets it, whatever roles that has', async () => {
    const { port } = closing(await echoServer())
    const server = await startAutonomy({ allow: [`127.0.0.0/8:${port}`], roles: ['provider'] })
    const { socksAddress } = await startConnector(server)
    expect({
      allowed: await ask(socksAddress, '127.0.0.1', port),
      other: await ask(socksAddress, '127.0.0.1', 1),
    }).toEqual({ allowed: 'ok', other: expect.stringMatching(/not allowed|forbidden|0x02/i) as string })
  })

  test('shares the channels of the policy with another', async () => {
    const { port } = closing(await echoServer())
    const server = await startAutonomy({ maxChannels: 1 })
    const [first, second] = [await startConnector(server, 'made'), await startConnector(server, 'other')]
    expect(await ask(first.socksAddress, '127.0.0.1', port)).toBe('ok')
    expect(await ask(second.socksAddress, '127.0.0.1', port)).not.toBe('ok')
  })

  test('counts for the links of the policy', async () => {
    const server = await startAutonomy({ maxLinks: 2 })
    await startConnector(server)
    const refused = onceEvent(server, 'clientRefused')
    startConnector(server, 'other').catch(() => {})
    expect((await refused)[1]).toBe('the limit of 2 links of this token is reached')
  })

  test('admits no client outside the hours of the policy', async () => {
    const noon = Date.parse('2026-11-26T12:00:00Z')
    vi.spyOn(Date, 'now').mockReturnValue(noon)
    const server = await startAutonomy({ hours: { open: ['thu 12:00-13:00'], zone: 'UTC' } })
    vi.spyOn(Date, 'now').mockReturnValue(noon + 3_600_000)
    const refused = onceEvent(server, 'clientRefused')
    startConnector(server).catch(() => {})
    expect((await refused)[1]).toBe('the token may not be used at this hour')
  })
})
