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
