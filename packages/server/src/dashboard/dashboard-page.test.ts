import { get } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { type LoadDashboard, readTimeoutMs } from '@ls/observe/http'
import { FakeClock, onceEvent } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../options/server-options.js'
import { LinkSocksServer } from '../server.js'

const text = '<!doctype html>'
const dashboard: LoadDashboard = async () =>
  new Map([['index.html', { type: 'text/html; charset=utf-8', etag: '"one"', gzip: gzipSync(text) }]])

let server: LinkSocksServer | undefined

afterEach(() => server?.close())

async function ask(path: string, init: RequestInit = {}, options: ServerOptions = {}): Promise<Response> {
  server = new LinkSocksServer({
    host: '127.0.0.1',
    port: 0,
    ...options,
    api: { key: 'sekret', dashboard, ...options.api },
  })
  await server.listen()
  return fetch(`http://127.0.0.1:${server.address?.port}${path}`, { redirect: 'manual', ...init })
}

describe('dashboard', () => {
  test('serves its page', async () => {
    expect(await (await ask('/dashboard/')).text()).toBe(text)
  })

  test.each(['identity', 'gzip;q=0', 'br, gzip; q=0.000', 'x-gzip-like'])(
    'serves it unpacked to those who take %s',
    async (accepted) => {
      const answer = await ask('/dashboard/', { headers: { 'accept-encoding': accepted } })
      expect({ contentEncoding: answer.headers.get('content-encoding'), text: await answer.text() }).toEqual({
        contentEncoding: null,
        text,
      })
    },
  )

  test.each(['gzip', 'br;q=1, gzip;q=0.5', 'GZIP; q=1'])('serves it packed for %s', async (accepted) => {
    const answer = await ask('/dashboard/', { headers: { 'accept-encoding': accepted } })
    expect({ contentEncoding: answer.headers.get('content-encoding'), text: await answer.text() }).toEqual({
      contentEncoding: 'gzip',
      text,
    })
  })

  test('cuts readers that do not read, and keeps one unpacked copy for all', async () => {
    const clock = new FakeClock()
    const zeros = gzipSync(Buffer.alloc(30_000_000))
    const large: LoadDashboard = async () => new Map([['index.html', { type: 'a/b', etag: '"1"', gzip: zeros }]])
    await ask('/', {}, { api: { dashboard: large }, clock })
    const before = process.memoryUsage().arrayBuffers
    const readers = Array.from({ length: 10 }, () => connect({ port: server?.address?.port ?? 0, host: '127.0.0.1' }))
    for (const reader of readers) reader.on('error', () => {}).write('GET /dashboard/ HTTP/1.1\r\nHost: a\r\n\r\n')
    await Promise.all(readers.map((reader) => onceEvent(reader, 'readable')))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150_000_000)
    const closed = readers.map((reader) => onceEvent(reader, 'close'))
    clock.advance(readTimeoutMs)
    for (const reader of readers) reader.resume()
    await Promise.all(closed)
    expect(readers.every(({ bytesRead }) => bytesRead < 30_000_000)).toBe(true)
  })

  test('lets the page run only its own scripts, and never makes HTML of text', async () => {
    const policy = (await ask('/dashboard/')).headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; .*; trusted-types 'none'$/)
  })

  test('answers 304 to browsers that have the file', async () => {
    expect((await ask('/dashboard/', { headers: { 'if-none-match': '"one"' } })).status).toBe(304)
  })

  test('leads to its folder, also below a path of a reverse proxy', async () => {
    const answer = await ask('/dashboard')
    expect({ status: answer.status, location: answer.headers.get('location') }).toEqual({
      status: 308,
      location: 'dashboard/',
    })
  })

  test.each(['/dashboard/no-such-file', '/dashboard/../index.html', '/dashboard/__proto__', '/dashboards'])(
    'has nothing at %s',
    async (path) => {
      expect((await ask(path)).status).toBe(404)
    },
  )

  test('takes no other methods', async () => {
    expect((await ask('/dashboard/', { method: 'POST' })).status).toBe(405)
  })

  test('answers 500 where its files cannot be loaded', async () => {
    const broken: LoadDashboard = () => Promise.reject(new Error('gone'))
    expect((await ask('/dashboard/', {}, { api: { dashboard: broken } })).status).toBe(500)
  })

  test('loads its files again after a failure', async () => {
    let failures = 1
    const shaky: LoadDashboard = () => (failures-- > 0 ? Promise.reject(new Error('no file handles')) : dashboard())
    const { url } = await ask('/dashboard/', {}, { api: { dashboard: shaky } })
    expect((await fetch(url)).status).toBe(200)
  })

  test('does not show behind a fallback', async () => {
    const fallback = new URL('../fallback', import.meta.url).pathname
    expect((await ask('/dashboard/', {}, { fallback })).status).toBe(404)
  })

  test('is served only under the host names of the server, if it has some', async () => {
    await ask('/', {}, { hostNames: ['panel.example'] })
    const request = get({ port: server?.address?.port, path: '/dashboard/', headers: { host: 'evil.example' } })
    const [answer] = (await onceEvent(request, 'response')) as [{ statusCode: number; resume(): void }]
    answer.resume()
    expect(answer.statusCode).toBe(404)
  })
})

describe('POST /api/session', () => {
  const key = { 'x-api-key': 'sekret' }

  /** Signs in, and calls with the cookie, from a page of `pageOf`. */
  async function asked(method: string, path: string, pageOf?: string): Promise<number> {
    const opened = await ask('/api/session', { method: 'POST', headers: key })
    const [cookie = ''] = (opened.headers.get('set-cookie') ?? '').split(';')
    const url = opened.url.replace('/api/session', path)
    const origin = pageOf === undefined ? {} : { origin: pageOf === 'OWN' ? new URL(url).origin : pageOf }
    const body = method === 'POST' ? { body: '{"type":"forward"}' } : {}
    return (await fetch(url, { method, headers: { cookie, ...origin }, ...body })).status
  }

  test('gives a cookie that reads', async () => {
    expect(await asked('GET', '/api/tokens')).toBe(200)
  })

  test('gives a cookie that writes for own pages', async () => {
    expect(await asked('POST', '/api/token', 'OWN')).toBe(200)
  })

  test.each(['http://localhost:1', 'https://evil.example', 'null'])('refuses it to pages of %s', async (origin) => {
    expect(await asked('POST', '/api/token', origin)).toBe(403)
  })

  test('refuses to write where no browser says for which page', async () => {
    expect(await asked('POST', '/api/token')).toBe(401)
  })

  test('refuses the wrong key, and slows down guesses', async () => {
    const { url } = await ask('/')
    const statuses: number[] = []
    for (let count = 0; count < 5; count++) {
      const headers = { 'x-api-key': 'wrong', origin: new URL(url).origin }
      statuses.push((await fetch(new URL('/api/session', url), { method: 'POST', headers })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429])
  })
})
