import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onceEvent } from '@ls/testkit'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { LinkSocksServer } from '../server.js'
import { StaticSite } from './static-site.js'

const big = 'x'.repeat(2_000_000)
let folder = ''
let server: LinkSocksServer

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ls-'))
  const site = join(folder, 'site')
  await mkdir(join(site, 'docs'), { recursive: true })
  const files = {
    '../secret.txt': 'secret',
    'index.html': '<h1>home</h1>',
    'docs/index.html': '<h1>docs</h1>',
    'style.css': 'body {}',
    'big.bin': big,
    '.hidden': 'secret',
    'a b.txt': 'spaced',
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(site, name), text)
  await symlink('../secret.txt', join(site, 'link.txt'))
  await symlink('..', join(site, 'up'))
  await mkdir(join(site, 'linked'))
  await symlink('../../secret.txt', join(site, 'linked', 'index.html'))
  await symlink('style.css', join(site, 'same.css'))
  server = new LinkSocksServer({ host: '127.0.0.1', port: 0, fallback: site })
  await server.listen()
})

afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

const get = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${server.address?.port}${path}`, { redirect: 'manual', ...init })

/** Answer to a request that is written by hand, since clients normalize paths. */
async function raw(target: string, ...headers: readonly string[]): Promise<string> {
  const socket = connect(server.address?.port ?? 0, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  socket.write([`GET ${target} HTTP/1.1`, 'Host: h', ...headers, '', ''].join('\r\n'))
  await onceEvent(socket, 'close')
  return answer
}

describe('a fallback folder', () => {
  test.each([
    ['/', '<h1>home</h1>', 'text/html; charset=utf-8'],
    ['/?query', '<h1>home</h1>', 'text/html; charset=utf-8'],
    ['/docs/', '<h1>docs</h1>', 'text/html; charset=utf-8'],
    ['/style.css', 'body {}', 'text/css; charset=utf-8'],
    ['/a%20b.txt', 'spaced', 'text/plain; charset=utf-8'],
  ])('serves %s with its type', async (path, body, type) => {
    const answer = await get(path)
    expect({
      status: answer.status,
      contentType: answer.headers.get('content-type'),
      text: await answer.text(),
    }).toEqual({ status: 200, contentType: type, text: body })
  })

  test('sends a folder without a slash to the one with it', async () => {
    const answer = await get('/docs')
    expect({ status: answer.status, location: answer.headers.get('location') }).toEqual({
      status: 301,
      location: '/docs/',
    })
  })

  test.each(['/link.txt', '/%6cink.txt', '/up/secret.txt', '/up/', '/up/site/../secret.txt', '/linked/'])(
    'does not follow a symbolic link out of itself: %s',
    async (path) => {
      const answer = await raw(path, 'Connection: close')
      expect(answer).toMatch(/^HTTP\/1\.1 (?:404|403) [^]*404 page not found/)
      expect(answer).not.toMatch('secret')
    },
  )

  test('follows a symbolic link within itself', async () => {
    expect(await (await get('/same.css')).text()).toBe('body {}')
  })

  test('serves a large file whole', async () => {
    expect((await (await get('/big.bin')).text()) === big).toBe(true)
  })

  test('answers HEAD without a body', async () => {
    const answer = await get('/style.css', { method: 'HEAD' })
    expect({ contentLength: answer.headers.get('content-length'), text: await answer.text() }).toEqual({
      contentLength: '7',
      text: '',
    })
  })

  test('answers 304 if the visitor has the current file', async () => {
    const etag = (await get('/style.css')).headers.get('etag') ?? ''
    // fetch would add Cache-Control: no-cache.
    expect(await raw('/style.css', `If-None-Match: ${etag}`, 'Connection: close')).toMatch(/^HTTP\/1.1 304 /)
  })

  test('serves a range', async () => {
    const answer = await get('/style.css', { headers: { range: 'bytes=0-3' } })
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 206, text: 'body' })
  })

  test.each(['/missing', '/.hidden', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/%00', '/%ff', '/docs/missing/'])(
    'answers 404 to %s',
    async (path) => {
      const answer = await get(path)
      expect({ status: answer.status, text: await answer.text() }).toEqual({
        status: 404,
        text: '404 page not found\n',
      })
    },
  )

  test.each([
    '/../secret.txt',
    '/docs/../../secret.txt',
    '//../secret.txt',
    '/..\\secret.txt',
    '/%5c..%5csecret.txt',
    '*',
    'http://h/../secret.txt',
  ])('leaks nothing for the target %s', async (target) => {
    const answer = await raw(target, 'Connection: close')
    expect(answer).toMatch(/^HTTP\/1.1 40[034] /)
    expect(answer).not.toContain('secret\n')
  })

  test('answers its own 404.html where there is one', async () => {
    await writeFile(join(folder, 'site', '404.html'), '<h1>gone</h1>')
    const answer = await get('/missing')
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 404, text: '<h1>gone</h1>' })
  })

  test('answers 405 to what would change something', async () => {
    const answer = await get('/', { method: 'POST', body: 'x' })
    expect({ status: answer.status, allow: answer.headers.get('allow') }).toEqual({ status: 405, allow: 'GET, HEAD' })
  })

  test('ignores upgrades, as web servers do', async () => {
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ]
    expect(await raw('/big.bin', ...upgrade)).toMatch(/^HTTP\/1.1 200 OK[^]*\r\n\r\nx{2000000}$/)
  })
})

test('StaticSite cuts the answer where its folder goes away during a request', async () => {
  const site = new StaticSite(join(folder, 'site'))
  const gone = createServer((request, response) => {
    // Read first where a file is missing.
    vi.spyOn(response, 'getHeaderNames').mockImplementation(() => {
      rmSync(join(folder, 'site'), { recursive: true })
      return []
    })
    site.answer(request, response)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void gone.close())
  await onceEvent(gone, 'listening')
  const { port } = gone.address() as { port: number }
  await expect(fetch(`http://127.0.0.1:${port}/missing.txt`)).rejects.toThrow('fetch failed')
})
