import { createHash } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { LinkSocksClient } from '@ls/client'
import { type DirectOptions, loadPuncher, type Puncher } from '@ls/direct'
import { silentLogger, systemClock } from '@ls/foundation'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { byteServer, hashServer, onceEvent, seededDigest, turns, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { awaitedLater, closing } from '../stress/cleanup.js'

interface NetOptions {
  readonly directPaths?: boolean
  readonly protocol?: 'tcp' | 'udp'
}

/** A server, a provider and a connector that open a direct path; `cut` ends the newest one. */
async function directNet({ directPaths = true, protocol }: NetOptions = {}) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, directPaths }))
  const { token } = server.addReverseToken({ allowManageConnector: true })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const provider = closing(new LinkSocksClient({ url, token, role: 'provider', direct: { protocol } }))
  await provider.start()
  await provider.addConnector('code')
  let cut = (): void => {}
  const direct: DirectOptions = {
    async loadPuncher() {
      const { offer, ...puncher } = bound(await loadPuncher({ protocol }, context))
      return {
        ...puncher,
        offer: async () => {
          const { accept, ...path } = await offer()
          return {
            ...path,
            accept: async (answer) => {
              const connection = await accept(answer)
              cut = () => connection.transport.destroy()
              return connection
            },
          }
        },
      }
    },
  }
  const connector = closing(new LinkSocksClient({ url, token: 'code', role: 'connector', proxy: { port: 0 }, direct }))
  return { server, provider, connector, cut: () => cut() }
}

/** Returns its methods as functions that need no object. */
function bound(puncher: Puncher): Puncher {
  return { offer: () => puncher.offer(), answer: (offer, onOpened) => puncher.answer(offer, onOpened) }
}

const context = { clock: systemClock, logger: silentLogger }
const protocols = ['tcp', 'udp'] as const

test.each(protocols)(
  'connections keep every byte while the direct path over %s comes and goes',
  { timeout: 60_000 },
  async (protocol) => {
    const { connector, cut } = await directNet({ protocol })
    const direct = onceEvent(connector, 'path', { timeoutMs: 20_000 })
    await connector.start()
    await direct
    const bytes = 30_000_000
    const target = closing(await byteServer({ sendBytes: bytes, seed: 5 }))
    const stream = await connector.connect({ host: '127.0.0.1', port: target.port })
    const hash = createHash('sha256')
    let received = 0
    let cuts = 0
    for await (const chunk of stream) {
      hash.update(chunk as Buffer)
      received += (chunk as Buffer).length
      if (received < (cuts + 1) * 5_000_000) continue
      cuts++
      cut()
      await until(() => connector.path === 'direct', 'the path to come back', { timeoutMs: 20_000 })
    }
    expect({ digest: hash.digest('hex'), cuts }).toEqual({ digest: seededDigest(5, bytes), cuts: 6 })
  },
)

test.each(protocols)(
  '16 transfers keep every byte in 50 moves of their session over %s',
  { timeout: 180_000 },
  async (protocol) => {
    const { connector, cut } = await directNet({ protocol })
    const direct = onceEvent(connector, 'path', { timeoutMs: 20_000 })
    await connector.start()
    await direct
    const bytes = 6_000_000
    const target = closing(await byteServer({ sendBytes: bytes, seed: 6 }))
    let received = 0
    let cuts = 0
    // All transfers wait for the path: otherwise they would end through the server meanwhile.
    let back = Promise.resolve()
    const moveTwice = async (): Promise<void> => {
      cut()
      await until(() => connector.path === 'relay', 'the path to be lost', { timeoutMs: 20_000 })
      await until(() => connector.path === 'direct', 'the path to come back', { timeoutMs: 20_000 })
    }
    const transfer = async (): Promise<string> => {
      const hash = createHash('sha256')
      for await (const chunk of await connector.connect({ host: '127.0.0.1', port: target.port })) {
        hash.update(chunk as Buffer)
        received += (chunk as Buffer).length
        await back
        if (cuts === 25 || received < (cuts + 1) * 3_000_000) continue
        cuts++
        back = awaitedLater(moveTwice())
      }
      return hash.digest('hex')
    }
    const digests = await Promise.all(Array.from({ length: 16 }, transfer))
    const counts = connector.snapshot().paths?.filter(({ changes }) => changes > 0)
    const moves = counts?.map(({ path, protocol: over = path, changes }) => [over, changes])
    expect({ digests: new Set(digests), moves }).toEqual({
      digests: new Set([seededDigest(6, bytes)]),
      moves: [
        [protocol, 26],
        ['relay', 25],
      ],
    })
  },
)

test('the providers of a token share connections on direct paths', { timeout: 60_000 }, async () => {
  const { server } = await directNet()
  const { token } = server.addReverseToken({ socksPort: 'none' })
  server.addConnectorToken({ reverseToken: token, token: 'shared' })
  const url = `ws://127.0.0.1:${server.address?.port}`
  const provide = async (): Promise<LinkSocksClient> => {
    const options = { url, token, role: 'provider', connectorTokens: ['shared'], direct: {} } as const
    const provider = closing(new LinkSocksClient(options))
    await provider.start()
    return provider
  }
  const [first, second] = [await provide(), await provide()]
  const options = { url, token: 'shared', role: 'connector', proxy: { port: 0 }, direct: {} } as const
  const connector = closing(new LinkSocksClient(options))
  await connector.start()
  await until(() => first.path === 'direct' && second.path === 'direct', 'both paths', { timeoutMs: 40_000 })
  const target = closing(await hashServer())
  const streams: Duplex[] = []
  const open = async (count: number): Promise<number[]> => {
    const all = [first, second, connector]
    const before = all.map(directChannels)
    for (let opened = 0; opened < count; opened++)
      streams.push(await connector.connect({ host: '127.0.0.1', port: target.port }))
    return all.map((client, index) => directChannels(client) - before[index]!)
  }
  // The connector gets its second path a moment after the provider; until then one of two connections is relayed.
  const endMs = performance.now() + 20_000
  while ((await open(2))[2] !== 2 && performance.now() < endMs) await turns(10)
  const [atFirst, atSecond, atConnector] = await open(4)
  expect({ atFirst, atSecond, atConnector }).toEqual({ atFirst: 2, atSecond: 2, atConnector: 4 })
  for (const stream of streams) stream.destroy()
})

function directChannels(client: LinkSocksClient): number {
  const direct = client.snapshot().paths?.filter(({ path }) => path === 'direct') ?? []
  return direct.reduce((sum, { channels }) => sum + channels, 0)
}

test('a direct path prefers TCP, and its events, counts and links say so', { timeout: 30_000 }, async () => {
  const { provider, connector } = await directNet()
  const direct = onceEvent(connector, 'path', { timeoutMs: 20_000 })
  await connector.start()
  const [path, , protocol] = await direct
  const target = closing(await hashServer())
  const stream = await connector.connect({ host: '127.0.0.1', port: target.port })
  const counts = [connector, provider].map((client) => client.snapshot().paths?.[0])
  const { links } = connector.live.links(new URLSearchParams()) as { links: { client_address: string }[] }
  stream.destroy()
  expect({ path, protocol, counts, links: links.map((link) => link.client_address) }).toEqual({
    path: 'direct',
    protocol: 'tcp',
    counts: [
      { path: 'direct', protocol: 'tcp', channels: 1, changes: 1 },
      { path: 'direct', protocol: 'tcp', channels: 1, changes: 1 },
    ],
    links: [expect.stringMatching(/^127\.0\.0\.1:/) as string, 'direct, TCP'],
  })
})

test('the server carries nothing of a connection that takes the direct path', { timeout: 30_000 }, async () => {
  const { server, connector } = await directNet()
  const direct = onceEvent(connector, 'path', { timeoutMs: 20_000 })
  await connector.start()
  await direct
  const target = closing(await hashServer())
  const stream = await connector.connect({ host: '127.0.0.1', port: target.port })
  expect([...server.peers].map(({ session }) => session.channelCount)).toEqual([0, 0])
  stream.destroy()
})

test('a server that does not allow direct paths keeps connections to itself', { timeout: 30_000 }, async () => {
  const { connector } = await directNet({ directPaths: false })
  await connector.start()
  const target = closing(await byteServer({ sendBytes: 10 }))
  const stream = await connector.connect({ host: '127.0.0.1', port: target.port })
  const got: Buffer[] = []
  for await (const chunk of stream) got.push(chunk as Buffer)
  expect({ got: Buffer.concat(got).length, path: connector.path }).toEqual({ got: 10, path: 'relay' })
})

/** A connector that must not use the server, at a server that allows no direct paths. */
async function withoutPath(onlyAction: 'exit' | 'refuse'): Promise<LinkSocksClient> {
  const { server } = await directNet({ directPaths: false })
  const url = `ws://127.0.0.1:${server.address?.port}`
  const direct = { mode: 'direct-only', onlyAction } as const
  return closing(new LinkSocksClient({ url, token: 'code', role: 'connector', proxy: { port: 0 }, direct }))
}

test('a connector with direct-only and the action exit ends without a path', { timeout: 30_000 }, async () => {
  const connector = await withoutPath('exit')
  await connector.start().catch(() => {})
  await expect(connector.closed).resolves.toMatchObject({
    message: expect.stringContaining('direct paths are off at this server') as string,
  })
})

test('a connector with direct-only and the action refuse stays, and refuses', { timeout: 30_000 }, async () => {
  const connector = await withoutPath('refuse')
  await connector.start()
  await expect(connector.connect({ host: '127.0.0.1', port: 9 })).rejects.toThrow('there is no direct path')
})

/** A relay, and a provider and a connector of it that want a direct path. */
async function relayedPair(options: ServerOptions, providerDirect: DirectOptions = {}) {
  const base = { host: '127.0.0.1', port: 0, directPaths: true, relay: {} }
  const server = closing(new LinkSocksServer({ ...base, ...options }))
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const provider = closing(new LinkSocksClient({ url, role: 'provider', direct: providerDirect }))
  await provider.start()
  await provider.addConnector('tuna-42-lamp')
  const connect = { url, token: 'tuna-42-lamp', role: 'connector', proxy: { port: 0 }, direct: {} } as const
  return closing(new LinkSocksClient({ ...connect, logger: { ...silentLogger, warn: noted } }))
}

const warnings: string[] = []

function noted(_fields: object, text = ''): void {
  warnings.push(text)
}

test('users of a relay get a direct path', { timeout: 40_000 }, async () => {
  const connector = await relayedPair({})
  await connector.start()
  await until(() => connector.path === 'direct', 'the path', { timeoutMs: 20_000 })
  const target = closing(await byteServer({ sendBytes: 1_000_000, seed: 7 }))
  const hash = createHash('sha256')
  for await (const chunk of await connector.connect({ host: '127.0.0.1', port: target.port }))
    hash.update(chunk as Buffer)
  expect(hash.digest('hex')).toBe(seededDigest(7, 1_000_000))
})

test('a provider that still loads its direct paths answers when it has them', { timeout: 40_000 }, async () => {
  let load = (): void => {}
  const loaded = new Promise<void>((resolve) => (load = resolve))
  warnings.length = 0
  const connector = await relayedPair({}, { loadPuncher: () => loaded.then(() => loadPuncher({}, context)) })
  await connector.start()
  await until(() => connector.channelCount === 1, 'the channel in which the ends negotiate', { timeoutMs: 20_000 })
  load()
  await until(() => connector.path === 'direct', 'the path', { timeoutMs: 20_000 })
  expect(warnings).toEqual([])
})

test('users of a relay get no direct path past the rules of its operator', { timeout: 40_000 }, async () => {
  const connector = await relayedPair({ policy: { deny: [':25'] } })
  await connector.start()
  await until(() => warnings.some((text) => text.includes('a direct path would bypass')), 'the refusal', {
    timeoutMs: 20_000,
  })
  expect(connector.path).toBe('relay')
})
