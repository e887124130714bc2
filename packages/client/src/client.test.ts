import { expect, test } from 'vitest'
import { LinkSocksClient } from './client.js'
import type { ClientOptions } from './options/client-options.js'
import type { ClientPorts } from './options/user-options.js'

/** A server that accepts the connection and sends nothing. */
const silent = { dial: () => new Promise<never>(() => {}), dialTimeoutMs: 60_000 }

test('LinkSocksClient.start rejects with the reason of its signal, and is closed then', async () => {
  const client = new LinkSocksClient({ transport: silent, proxy: { port: 0 } })
  const abort = new AbortController()
  const starting = client.start({ signal: abort.signal })
  abort.abort()
  await expect(starting).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
  expect(client.sessions).toEqual([])
})

test('LinkSocksClient.start with a signal that has aborted already ends the client', async () => {
  const client = new LinkSocksClient({ transport: silent, proxy: { port: 0 } })
  const reason = new Error('changed my mind')
  await expect(client.start({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  expect(await client.closed).toBe(reason)
})

test.each<[string, ClientOptions]>([
  ['limits.idleLimitMs is 0', { limits: { idleLimitMs: 0 } }],
  ['limits.linkWaitMs is NaN', { limits: { linkWaitMs: Number.NaN } }],
  ['reconnect.delayMs is -5', { reconnect: { delayMs: -5 } }],
  ['proxy.port is 70000', { proxy: { port: 70_000 } }],
  ['limits.maxPending is 0', { limits: { maxPending: 0 } }],
  ['exit.connectTimeoutMs is 0', { role: 'provider', exit: { connectTimeoutMs: 0 } }],
  ['exit.udp.idleMs is -1', { role: 'provider', exit: { udp: { idleMs: -1 } } }],
  ['heartbeat.timeoutMs is 45000', { heartbeat: { periodMs: 60_000 } }],
])('LinkSocksClient refuses an option out of range at once: %s', (text, options) => {
  expect(() => new LinkSocksClient(options)).toThrow(text)
})

test('LinkSocksClient reports each failed attempt', async () => {
  const refused = new Error('nothing listens there')
  const client = new LinkSocksClient({ transport: { dial: () => Promise.reject(refused) }, proxy: { port: 0 } })
  const failed = new Promise<Error>((resolve) => client.once('linkFailed', resolve))
  client.start().catch(() => {})
  expect((await failed).message).toContain('nothing listens there')
  await client.close()
})

test('LinkSocksClient.start may be called once', async () => {
  const client = new LinkSocksClient({ transport: silent, proxy: { port: 0 } })
  // It has its handler before the client is closed, which rejects it.
  const first = client.start().catch((error: unknown) => error)
  await expect(client.start()).rejects.toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
  await client.close()
  expect(await first).toMatchObject({ code: 'ERR_CLIENT_CLOSED' })
})

test('LinkSocksClient.closed settles with undefined after close', async () => {
  const client = new LinkSocksClient({ transport: silent, proxy: { port: 0 } })
  await client.close()
  expect(await client.closed).toBeUndefined()
})

test('LinkSocksClient.addConnector rejects while no link is up', async () => {
  const client = new LinkSocksClient({ role: 'provider' })
  await expect(client.addConnector('x')).rejects.toMatchObject({ code: 'ERR_CLIENT_NO_LINK' })
})

test.each([0, 65, 1.5])('LinkSocksClient refuses %d threads', (threads) => {
  expect(() => new LinkSocksClient({ threads })).toThrow(
    `threads is ${threads}; it must be a whole number from 1 to 64`,
  )
})

test('LinkSocksClient refuses an unknown value of batching', () => {
  expect(() => new LinkSocksClient({ batching: 'fast' as 'off' })).toThrow(RangeError)
})

test('LinkSocksClient.changePorts refuses an option that it does not change', async () => {
  const client = new LinkSocksClient({ transport: silent, proxy: { port: 0 } })
  await expect(client.changePorts({ proxy: { nowait: true } } as ClientPorts)).rejects.toThrow(
    'there is no option `proxy.nowait`',
  )
  await client.close()
})
