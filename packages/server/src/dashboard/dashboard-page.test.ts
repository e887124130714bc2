import { gzipSync } from 'node:zlib'
import { get } from 'node:http'
import { onceEvent } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../options.js'
import { LinkSocksServer } from '../server.js'
import type { LoadDashboard } from './dashboard-page.js'

const text = '<!doctype html>'
const dashboard: LoadDashboard = async () =>
  new Map([['index.html', { type: 'text/html; charset=utf-8', etag: '"one"', gzip: gzipSync(text) }]])

let server: LinkSocksServer | undefined

afterEach(() => server?.close())

async function ask(path: string, init: RequestInit = {}, options: ServerOptions = {}): Promise<Response> {
  server = new LinkSocksServer({ host: '127.0.0.1', port: 0, apiKey: 'sekret', dashboard, ...options })
  await server.listen()
  return fetch(`http://127.0.0.1:${server.address?.port}${path}`, { redirect: 'manual', ...init })
}

describe('dashboard', () => {
  test('serves its page', async () => {
    expect(await (await ask('/dashboard/')).text()).toBe(text)
  })

  test('serves it unpacked to those who cannot unpack it', async () => {
    const answer = await ask('/dashboard/', { headers: { 'accept-encoding': 'identity' } })
    expect([answer.headers.get('content-encoding'), await answer.text()]).toEqual([null, text])
  })

  test('lets the page run its own scripts alone, and never makes HTML of text', async () => {
    const policy = (await ask('/dashboard/')).headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; .*; trusted-types 'none'$/)
  })

  test('answers 304 to those who have the file', async () => {
    expect((await ask('/dashboard/', { headers: { 'if-none-match': '"one"' } })).status).toBe(304)
  })

  test('leads to its folder, also below a path of a reverse proxy', async () => {
    const answer = await ask('/dashboard')
    expect([answer.status, answer.headers.get('location')]).toEqual([308, 'dashboard/'])
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
    expect((await ask('/dashboard/', {}, { dashboard: broken })).status).toBe(500)
  })

  test('does not show behind a fallback', async () => {
    const fallback = new URL('../fallback', import.meta.url).pathname
    expect((await ask('/dashboard/', {}, { fallback })).status).toBe(404)
  })

  test('is for names of the server alone, where it has some', async () => {
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

  test('refuses the wrong key, and slows down who guesses', async () => {
    const { url } = await ask('/')
    const statuses: number[] = []
    for (let count = 0; count < 5; count++) {
      const headers = { 'x-api-key': 'wrong', origin: new URL(url).origin }
      statuses.push((await fetch(new URL('/api/session', url), { method: 'POST', headers })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429])
  })
})
