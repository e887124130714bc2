import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import {
  byteServer,
  echoServer,
  faultRelay,
  type FaultRelay,
  freePort,
  hashServer,
  onceEvent,
  seededDigest,
  tcpServer,
  until,
} from '@ls/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { mebibyte } from '../stress/settings.js'
import { text } from '../stress/traffic.js'
import { type Chromium, hasChromium, openChromium, pageServer } from './chromium.js'
import { firstModules, pageScript } from './page-script.js'

// `@ls/web` in a real browser, against the server.

/** Time for a browser to start on a busy machine, in milliseconds. */
const startMs = 60_000

/**
 * Most bytes that a page loads before it connects, minified and with gzip. A larger number needs a reason (decision
 * 115, 118).
 */
const maxBundleBytes = 25_000

const webPackage = fileURLToPath(new URL('../../packages/web', import.meta.url))

/** Builds one script that gives the page `connect` and helpers of these tests. */
function bundle(): Promise<string> {
  const contents = `
    import { connect } from './src/index.ts'
    const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('')
    const tests = {
      connect,
      hash: async (readable) => hex(await crypto.subtle.digest('SHA-256', await new Response(readable).arrayBuffer())),
      text: (readable) => new Response(readable).text(),
      /** Bytes that anybody can make again: 64 KiB pieces, each of its number. */
      send: async (writable, pieces) => {
        const writer = writable.getWriter()
        for (let piece = 0; piece < pieces; piece++) await writer.write(new Uint8Array(65536).fill(piece))
        await writer.close()
      },
      fails: (promise) => promise.then(() => 'nothing failed', (error) => error.code + ': ' + error.message),
    }
    globalThis.tests = tests
  `
  return pageScript(contents, webPackage)
}

test('@ls/web is small enough for a page', async () => {
  const modules = await firstModules("export { connect } from './src/index.ts'", webPackage)
  const sizes = modules.map((each) => gzipSync(each).length)
  expect(sizes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(maxBundleBytes)
})

describe.skipIf(!hasChromium)('@ls/web in Chromium', () => {
  let browser: Chromium
  let page: Awaited<ReturnType<typeof pageServer>>

  beforeAll(async () => {
    page = await pageServer(`<!doctype html><title>tests</title><script>${await bundle()}</script>`)
    browser = await openChromium(`http://localhost:${page.port}/`)
    // The browser first shows a blank page.
    while ((await browser.evaluate('typeof tests')) !== 'object') await delay(20)
  }, startMs)

  afterAll(async () => {
    await browser.close()
    await page.close()
  })

  /** A server whose guard does not close loopback, and its URL through a relay. */
  async function serving(token: 'forward' | 'reverse') {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' } }))
    const given =
      token === 'forward'
        ? { token: server.addForwardToken(), port: 0 }
        : server.addReverseToken({ socksPort: await freePort() })
    await server.listen()
    const relay: FaultRelay = closing(await faultRelay({ host: '127.0.0.1', port: server.address?.port ?? 0 }))
    return { server, relay, url: `ws://127.0.0.1:${relay.port}`, ...given }
  }

  /** Runs a body in the page, with `link` to the server. */
  const inPage = (where: { url: string; token: string }, body: string, options = ''): Promise<string> =>
    browser.evaluate(`(async () => {
      const link = await tests.connect('${where.url}', { token: '${where.token}' ${options} })
      try { return await (async () => { ${body} })() } finally { link.close() }
    })().catch((error) => 'failed: ' + error.message)`)

  test('downloads 32 MiB byte for byte', { timeout: startMs }, async () => {
    const where = await serving('forward')
    const bytes = 32 * mebibyte
    const target = closing(await byteServer({ sendBytes: bytes }))
    const hash = await inPage(
      where,
      `return tests.hash(link.openTcp({ host: '127.0.0.1', port: ${target.port} }).readable)`,
    )
    expect(hash).toBe(seededDigest(1, bytes))
  })

  test('uploads 16 MiB, half-closes, and reads the answer', { timeout: startMs }, async () => {
    const where = await serving('forward')
    const target = closing(await hashServer())
    const answer = await inPage(
      where,
      `const socket = link.openTcp({ host: '127.0.0.1', port: ${target.port} })
       const answer = tests.text(socket.readable)
       await tests.send(socket.writable, 256)
       const pieces = new Blob(Array.from({ length: 256 }, (_, piece) => new Uint8Array(65536).fill(piece)))
       const sent = await tests.hash(pieces.stream())
       return (await answer) === sent ? 'equal' : 'different'`,
    )
    expect(answer).toBe('equal')
  })

  test('loses nothing where the WebSocket is cut five times', { timeout: startMs }, async () => {
    const where = await serving('forward')
    const bytes = 16 * mebibyte
    const target = closing(await byteServer({ sendBytes: bytes }))
    where.relay.conditions = { bytesPerSecond: 5 * mebibyte }
    const hash = inPage(where, `return tests.hash(link.openTcp({ host: '127.0.0.1', port: ${target.port} }).readable)`)
    // The session exists once both ends have sent a message; before that there is nothing to resume.
    await until(() => [...where.server.channels()].length > 0, 'the connection', { timeoutMs: startMs })
    for (let cuts = 1; cuts <= 5; cuts++) {
      await until(() => where.relay.healthyLinks > 0, `a link before cut ${cuts}`, { timeoutMs: startMs })
      // The transfer takes three seconds, so some bytes pass between two cuts.
      await delay(200)
      expect(where.relay.strike('reset')).toBeGreaterThan(0)
    }
    expect(await hash).toBe(seededDigest(1, bytes))
  })

  test('carries 200 concurrent streams', { timeout: startMs }, async () => {
    const where = await serving('forward')
    const echo = closing(await echoServer())
    const answer = await inPage(
      where,
      `const one = async (number) => {
         const { readable, writable } = link.openTcp({ host: '127.0.0.1', port: ${echo.port} })
         const writer = writable.getWriter()
         await writer.write(new TextEncoder().encode('stream ' + number))
         await writer.close()
         return (await tests.text(readable)) === 'stream ' + number
       }
       const answers = await Promise.all(Array.from({ length: 200 }, (_, number) => one(number)))
       return answers.filter(Boolean).length`,
    )
    expect(answer).toBe('200')
  })

  test('fills the buffer of the reader', async () => {
    const where = await serving('forward')
    const target = closing(await tcpServer((socket) => void socket.end('hello')))
    const read = await inPage(
      where,
      `const reader = link.openTcp({ host: '127.0.0.1', port: ${target.port} }).readable.getReader({ mode: 'byob' })
       const { value } = await reader.read(new Uint8Array(3))
       return new TextDecoder().decode(value)`,
    )
    expect(read).toBe('hel')
  })

  test('reports why a target was not reached', async () => {
    const where = await serving('forward')
    const port = await freePort()
    const failure = await inPage(where, `return tests.fails(link.openTcp({ host: '127.0.0.1', port: ${port} }).opened)`)
    expect(failure).toMatch(/^ERR_WEB_REFUSED: refused/)
  })

  test('refuses a wrong token', async () => {
    const where = await serving('forward')
    const failure = await browser.evaluate(`tests.fails(tests.connect('${where.url}', { token: 'wrong' }))`)
    expect(failure).toMatch(/^ERR_CLIENT_REFUSED/)
  })

  test('serves a connection as a provider', async () => {
    const where = await serving('reverse')
    const listening = onceEvent(where.server, 'socksListening')
    const provider = browser.evaluate(`(async () => {
      const link = await tests.connect('${where.url}', {
        token: '${where.token}',
        role: 'provider',
        onConnect: (connection) => {
          const socket = connection.accept()
          socket.readable.pipeTo(socket.writable).finally(() => link.close())
        },
      })
      return link.closed.then(() => 'closed')
    })()`)
    await listening
    const socks = { host: '127.0.0.1', port: where.port }
    const socket = await connect({ proxy: socks, target: { host: 'page.test', port: 7 }, timeoutMs: 20_000 })
    socket.end('through the page')
    expect(await text(socket)).toBe('through the page')
    expect(await provider).toBe('closed')
  })

  test('fetches from an HTTP server', async () => {
    const where = await serving('forward')
    const target = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => response.write(`${request.method} ${body}`))
      request.on('end', () => response.end(` at ${request.url}`))
    }).listen(0, '127.0.0.1')
    await once(target, 'listening')
    closing(target)
    const { port } = target.address() as AddressInfo
    const body = await inPage(
      where,
      `return (await link.fetch('http://127.0.0.1:${port}/a?b', { method: 'POST', body: 'ping' })).text()`,
    )
    expect(body).toBe('POST ping at /a?b')
  })

  test('a reader that stops slows down only its own sender', { timeout: startMs }, async () => {
    const where = await serving('forward')
    const endless = closing(await byteServer({ sendBytes: 512 * mebibyte }))
    const echo = closing(await echoServer())
    const answer = await inPage(
      where,
      `link.openTcp({ host: '127.0.0.1', port: ${endless.port} })
       const { readable, writable } = link.openTcp({ host: '127.0.0.1', port: ${echo.port} })
       await tests.send(writable, 64)
       return (await new Response(readable).arrayBuffer()).byteLength`,
    )
    expect(answer).toBe(String(64 * 65_536))
  })
})
