import { createHash } from 'node:crypto'
import { LinkSocksClient } from '@ls/client'
import { type DirectOptions, loadPuncher } from '@ls/direct'
import { systemClock } from '@ls/foundation'
import { LinkSocksServer } from '@ls/server'
import { byteServer, hashServer, onceEvent, seededDigest, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'

/** A server, a provider and a connector that make a direct path; `cut` ends the newest. */
async function directNet({ directPaths = true } = {}) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, directPaths }))
  const { token } = server.addReverseToken({ allowManageConnector: true })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const provider = closing(new LinkSocksClient({ url, token, role: 'provider', direct: {} }))
  await provider.start()
  await provider.addConnector('code')
  let cut = (): void => {}
  const direct: DirectOptions = {
    async loadPuncher() {
      const { offer, ...puncher } = bound(await loadPuncher({}, systemClock))
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

/** Its methods, which can be taken apart. */
function bound(puncher: Awaited<ReturnType<typeof loadPuncher>>): typeof puncher {
  return { offer: () => puncher.offer(), answer: (offer) => puncher.answer(offer) }
}

test('connections keep every byte while the direct path comes and goes', { timeout: 60_000 }, async () => {
  const { connector, cut } = await directNet()
  const direct = onceEvent(connector, 'path', { deadlineMs: 20_000 })
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
    await until(() => connector.path === 'direct', 'the path to come back', { deadlineMs: 20_000 })
  }
  expect({ digest: hash.digest('hex'), cuts }).toEqual({ digest: seededDigest(5, bytes), cuts: 6 })
})

test('16 transfers keep every byte in 50 moves of their session', { timeout: 120_000 }, async () => {
  const { connector, cut } = await directNet()
  const direct = onceEvent(connector, 'path', { deadlineMs: 20_000 })
  await connector.start()
  await direct
  const bytes = 6_000_000
  const target = closing(await byteServer({ sendBytes: bytes, seed: 6 }))
  let received = 0
  let moves = 0
  const transfer = async (): Promise<string> => {
    const hash = createHash('sha256')
    for await (const chunk of await connector.connect({ host: '127.0.0.1', port: target.port })) {
      hash.update(chunk as Buffer)
      received += (chunk as Buffer).length
      if (moves === 50 || received < (moves + 1) * 1_500_000 || connector.path !== 'direct') continue
      moves += 2
      cut()
    }
    return hash.digest('hex')
  }
  const digests = await Promise.all(Array.from({ length: 16 }, transfer))
  const changes = connector.snapshot().paths?.map(({ path, changes: count }) => [path, count > 20])
  expect({ digests: new Set(digests), moves, changes }).toEqual({
    digests: new Set([seededDigest(6, bytes)]),
    moves: 50,
    changes: [
      ['direct', true],
      ['relay', true],
    ],
  })
})

test(
  'the providers of a token share the connections of a connector with direct paths',
  { timeout: 60_000 },
  async () => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, directPaths: true, relay: {} }))
    await server.listen()
    const url = `ws://127.0.0.1:${server.address?.port}`
    const first = closing(new LinkSocksClient({ url, role: 'provider', direct: {} }))
    await first.start()
    await first.addConnector('correct horse battery')
    const second = closing(new LinkSocksClient({ url, token: first.serverToken, role: 'provider', direct: {} }))
    await second.start()
    await second.addConnector('correct horse battery')
    const token = 'correct horse battery'
    const connector = closing(new LinkSocksClient({ url, token, role: 'connector', proxy: { port: 0 }, direct: {} }))
    await connector.start()
    const direct = (client: LinkSocksClient): number | undefined => client.snapshot().paths?.[0]?.channels
    await until(() => first.path === 'direct' && second.path === 'direct', 'both paths', { deadlineMs: 40_000 })
    const target = closing(await hashServer())
    const streams = []
    for (let opened = 0; opened < 4; opened++)
      streams.push(await connector.connect({ host: '127.0.0.1', port: target.port }))
    expect({ first: direct(first), second: direct(second), connector: direct(connector) }).toEqual({
      first: 2,
      second: 2,
      connector: 4,
    })
    for (const stream of streams) stream.destroy()
  },
)

test('the server carries nothing of a connection that takes the direct path', { timeout: 30_000 }, async () => {
  const { server, connector } = await directNet()
  const direct = onceEvent(connector, 'path', { deadlineMs: 20_000 })
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

/** A connector that must not use the server, at one that allows no direct paths. */
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
