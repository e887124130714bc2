import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { echoServer, freePort, onceEvent, testCertificate, until } from '@ls/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Chromium, hasChromium, openChromium, pageServer } from '../e2e/chromium.js'
import { udpEcho } from '../e2e/udp-echo.js'
import { closing } from '../stress/cleanup.js'
import { missing, peersFolder } from './peers.js'

// Wisp clients as published by their authors, with `/wisp/TOKEN/` of the server. Their licences do not apply to this
// project: they run as programs, and no part of them is included.

const modules = join(peersFolder, 'wisp/node_modules')

/** Whether the clients are installed; without them the suite skips with a message, and fails in CI. */
function hasClients(): boolean {
  if (existsSync(modules)) return true
  missing('the Wisp client')
  return false
}

/** The part of `@mercuryworkshop/wisp-js` that the tests use. */
interface WispJs {
  readonly client: {
    readonly ClientConnection: new (url: string, options?: { wisp_version?: number }) => Connection
  }
}

interface Connection {
  readonly wisp_version: number
  create_stream(host: string, port: number, type?: 'tcp' | 'udp'): Stream
  close(): void
}

interface Stream {
  send(data: Uint8Array): void
}

async function serving(options: ServerOptions = {}) {
  const server = closing(
    new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' }, wisp: true, ...options }),
  )
  await server.listen()
  const token = server.addForwardToken()
  const urlOf = (shown: string): string => `ws://127.0.0.1:${server.address?.port}/wisp/${shown}/`
  return { server, token, urlOf }
}

describe.skipIf(!hasClients())('wisp-js', () => {
  let wisp: WispJs

  beforeAll(async () => {
    const entry = join(modules, '@mercuryworkshop/wisp-js/src/entrypoints/client.mjs')
    wisp = (await import(pathToFileURL(entry).href)) as WispJs
  })

  async function connected(url: string, version: number): Promise<Connection> {
    const connection = new wisp.client.ClientConnection(url, { wisp_version: version })
    closing({ close: () => connection.close() })
    await new Promise<void>((resolve) => Object.assign(connection, { onopen: resolve }))
    return connection
  }

  test.each([1, 2])('as version %i sends and reads 16 MiB byte for byte', async (version) => {
    const { token, urlOf } = await serving()
    const echo = closing(await echoServer())
    const connection = await connected(urlOf(token), version)
    const stream = connection.create_stream(echo.host, echo.port)
    const [sent, received] = [createHash('sha256'), createHash('sha256')]
    let bytes = 0
    const onmessage = (data: Uint8Array): void => {
      received.update(data)
      bytes += data.length
    }
    Object.assign(stream, { onmessage })
    for (let count = 0; count < 256; count++) {
      const piece = new Uint8Array(65_536).fill(count)
      sent.update(piece)
      stream.send(piece)
    }
    await until(() => bytes === 256 * 65_536, 'all bytes', { timeoutMs: 30_000 })
    expect(received.digest('hex')).toBe(sent.digest('hex'))
    // Version 2 is a draft: its clients fall back to version 1.
    expect(connection.wisp_version).toBe(1)
  })

  test('sends datagrams', async () => {
    const { token, urlOf } = await serving()
    const echo = closing(await udpEcho())
    const stream = (await connected(urlOf(token), 1)).create_stream('127.0.0.1', echo.port, 'udp')
    const answer = new Promise<Uint8Array>((resolve) => Object.assign(stream, { onmessage: resolve }))
    stream.send(new Uint8Array([1, 2, 3]))
    expect([...(await answer)]).toEqual([1, 2, 3])
  })

  test.each([
    ['a closed port', {}, 0x44],
    ['a target that the policy forbids', { policy: { allow: ['db.internal:5432'] } }, 0x48],
  ])('hears why %s is not reached', async (_, options, reason) => {
    const { token, urlOf } = await serving(options)
    const stream = (await connected(urlOf(token), 1)).create_stream('127.0.0.1', await freePort())
    expect(await new Promise((resolve) => Object.assign(stream, { onclose: resolve }))).toBe(reason)
  })

  test('is admitted by a ticket, once', async () => {
    const { server, token, urlOf } = await serving()
    const { ticket } = server.tickets.make({ token })
    await connected(urlOf(ticket), 1)
    const refused = onceEvent(server, 'clientRefused')
    closing(new wisp.client.ClientConnection(urlOf(ticket), { wisp_version: 1 }))
    const [, reason] = (await refused) as [string, string]
    expect(reason).toContain('the ticket has been used')
  })

  test('is not admitted by a wrong token', async () => {
    const { server, urlOf } = await serving()
    const refused = onceEvent(server, 'clientRefused')
    const connection = new wisp.client.ClientConnection(urlOf('wrong'), { wisp_version: 1 })
    const closed = new Promise<void>((resolve) => Object.assign(connection, { onclose: resolve }))
    const [, reason] = (await refused) as [string, string]
    await closed
    expect(reason).toBe('invalid token')
  })
})

describe.skipIf(!hasClients() || !hasChromium)('libcurl.js in Chromium', () => {
  /** Time for a browser to start on a busy machine, in milliseconds. */
  const startMs = 60_000
  let browser: Chromium
  let page: Awaited<ReturnType<typeof pageServer>>

  beforeAll(async () => {
    const script = readFileSync(join(modules, 'libcurl.js/libcurl_full.js'), 'utf8').replaceAll(
      '</script',
      '<\\/script',
    )
    page = await pageServer(`<!doctype html><meta charset="utf-8"><title>libcurl</title><script>${script}</script>`)
    browser = await openChromium(`http://localhost:${page.port}/`)
    // The browser first shows a blank page.
    while ((await browser.evaluate('typeof libcurl')) !== 'object') await delay(20)
  }, startMs)

  afterAll(async () => {
    await browser.close()
    await page.close()
  })

  /** Returns what a page gets from a URL through the server. */
  async function fetched(url: string): Promise<string> {
    const { token, urlOf } = await serving()
    return browser.evaluate(`(async () => {
      await libcurl.load_wasm()
      libcurl.set_websocket('${urlOf(token)}')
      return (await libcurl.fetch('${url}')).text()
    })().catch((error) => 'failed: ' + error)`)
  }

  test('fetches a page', { timeout: startMs }, async () => {
    const target = createHttpServer((_, response) => response.end('through wisp')).listen(0, '127.0.0.1')
    await once(target, 'listening')
    closing(target)
    expect(await fetched(`http://127.0.0.1:${(target.address() as AddressInfo).port}/`)).toBe('through wisp')
  })

  test('checks the certificate in the page: the server sees TLS only', { timeout: startMs }, async () => {
    const { cert, key } = testCertificate()
    const target = createServer({ cert, key }, (_, response) => response.end('through wisp')).listen(0, '127.0.0.1')
    await once(target, 'listening')
    closing(target)
    expect(await fetched(`https://127.0.0.1:${(target.address() as AddressInfo).port}/`)).toMatch(/certificate/i)
  })
})
