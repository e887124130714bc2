import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { silentLogger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { LiveView } from '../live-view.js'
import { WatchApi } from './watch-api.js'

const apiKey = 'k'.repeat(32)
const id = '00000000-0000-0000-0000-00000000000A'
const ends: (() => void)[] = []

afterEach(() => ends.splice(0).forEach((end) => end()))

/** An API of a client without links, and the ids of connections that were cut. */
async function open({ key = apiKey, isOwner = false } = {}) {
  const clock = new FakeClock()
  const readiness = { ready: false, reasons: ['no link to the server is up'], notes: [] }
  const snapshot = () => ({ program: 'client', readiness }) as never
  const live = new LiveView({ source: { snapshot, liveLinks: () => [], liveConnections: () => [] }, clock })
  const cut: string[] = []
  const closeChannel = (each: string) => cut.push(each) === 1
  const api = new WatchApi({
    program: { live, snapshot, destinations: () => ({ total: 0 }), closeChannel },
    apiKey: isOwner ? undefined : key,
    dashboard: async () => new Map(),
    writeMetrics: async () => ({ contentType: 'text/plain', body: 'linksocks_ready 0\n' }),
    clock,
    logger: silentLogger,
  })
  const server = createServer((request, response) => api.answer(request, response)).listen(0, '127.0.0.1')
  ends.push(() => {
    live.close()
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const root = `http://127.0.0.1:${port}`
  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${root}${path}`, init)
  return { ask, cut, root, port }
}

const withKey = { headers: { 'x-api-key': apiKey } }

describe('WatchApi', () => {
  test.each(['/api/links', '/api/connections', '/api/destinations', '/api/snapshot', '/api/metrics'])(
    'answers GET %s to those who have the key, and to nobody else',
    async (path) => {
      const { ask } = await open()
      const answers = await Promise.all([ask(path), ask(path, withKey)])
      expect(answers.map(({ status }) => status)).toEqual([401, 200])
    },
  )

  test('answers 404 to a request for no URL', async () => {
    const { port } = await open()
    const socket = connect({ port, host: '127.0.0.1' })
    socket.end(`GET // HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${apiKey}\r\nConnection: close\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1.1 404 /)
  })

  test('needs no key where only the owner of the process can call', async () => {
    const { ask } = await open({ isOwner: true })
    expect((await ask('/api/links')).status).toBe(200)
  })

  test('answers /api/readyz with the reasons', async () => {
    const { ask } = await open()
    const answer = await ask('/api/readyz', withKey)
    expect({ status: answer.status, json: (await answer.json()) as unknown }).toMatchObject({
      status: 503,
      json: { reasons: ['no link to the server is up'] },
    })
  })

  test('cuts a connection, and says when there is none', async () => {
    const { ask, cut } = await open()
    const path = `/api/connections/${id}`
    const answers = [
      await ask(path, { method: 'DELETE', ...withKey }),
      await ask(path, { method: 'DELETE', ...withKey }),
    ]
    expect({ answers: answers.map(({ status }) => status), cut }).toEqual({ answers: [200, 404], cut: [id, id] })
  })

  test('names the mistake in a query', async () => {
    const { ask } = await open()
    expect((await ask('/api/links?sort=luck', withKey)).status).toBe(400)
  })

  test('refuses pages of other origins, also with the key', async () => {
    const { ask } = await open()
    expect((await ask('/api/links', { headers: { ...withKey.headers, origin: 'http://evil.test' } })).status).toBe(403)
  })

  test('gives a cookie for the key, which its own pages may use until they end it', async () => {
    const { ask, root } = await open()
    const opened = await ask('/api/session', { method: 'POST', headers: { ...withKey.headers, origin: root } })
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
    const own = { headers: { cookie, origin: root } }
    const before = await ask('/api/links', own)
    await ask('/api/session', { method: 'DELETE', ...own })
    expect({ before: before.status, ask: (await ask('/api/links', own)).status }).toEqual({ before: 200, ask: 401 })
  })

  test('streams events', async () => {
    const { ask } = await open()
    const answer = await ask('/api/events', withKey)
    const first = await answer.body?.getReader().read()
    expect(new TextDecoder().decode(first?.value)).toMatch(/^event: hello/)
  })
})
