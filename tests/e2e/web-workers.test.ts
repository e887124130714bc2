import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { echoServer } from '@ls/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { type Chromium, hasChromium, openChromium } from './chromium.js'
import { pageScript } from './page-script.js'

// `@ls/web` in the workers of a page, and the example that serves an intranet from a Service Worker.

/** Time for a browser to start on a busy machine, in milliseconds. */
const startMs = 60_000

const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

/** Source of both kinds of workers: opens a connection for the page, and transfers the streams to it. */
const worker = `
  import { connect } from './src/index.ts'
  const serve = (port) => port.addEventListener('message', async ({ data: { url, token, target } }) => {
    const link = await connect(url, { token })
    const { readable, writable } = link.openTcp(target)
    port.postMessage({ readable, writable }, [readable, writable])
  })
  if ('onconnect' in self) addEventListener('connect', ({ ports: [port] }) => { serve(port); port.start() })
  else serve(self)
`

const page = `
  import { startProxy } from './start-proxy.js'
  globalThis.startProxy = startProxy
  globalThis.echoThrough = async (port, request) => {
    port.postMessage(request)
    port.start?.()
    const { readable, writable } = await new Promise((resolve) =>
      port.addEventListener('message', ({ data }) => resolve(data), { once: true }))
    const writer = writable.getWriter()
    await writer.write(new TextEncoder().encode('through a worker'))
    await writer.close()
    return new Response(readable).text()
  }
`

describe.skipIf(!hasChromium)('@ls/web in workers of Chromium', () => {
  let browser: Chromium
  let site: Awaited<ReturnType<typeof serveSite>>

  beforeAll(async () => {
    const example = folder('examples/pages/service-worker')
    site = await serveSite({
      '/': ['text/html', `<!doctype html><title>workers</title><script>${await pageScript(page, example)}</script>`],
      '/tcp-worker.js': ['text/javascript', await pageScript(worker, folder('packages/web'))],
      '/worker.js': ['text/javascript', await pageScript(`import './worker.js'`, example)],
    })
    browser = await openChromium(`http://localhost:${site.port}/`)
    // The browser first shows a blank page.
    while ((await browser.evaluate('typeof echoThrough')) !== 'function') await delay(20)
  }, startMs)

  afterAll(async () => {
    await browser.close()
    site.close()
  })

  async function serving(): Promise<{ server: LinkSocksServer; url: string }> {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' } }))
    await server.listen()
    return { server, url: `ws://127.0.0.1:${server.address?.port}` }
  }

  test.each([
    ['Web Worker', `new Worker('/tcp-worker.js')`],
    ['SharedWorker', `new SharedWorker('/tcp-worker.js').port`],
  ])('a %s gives its page the streams of a connection', { timeout: startMs }, async (_, made) => {
    const { server, url } = await serving()
    const { host, port } = closing(await echoServer())
    const request = JSON.stringify({ url, token: server.addForwardToken(), target: { host, port } })
    expect(await browser.evaluate(`echoThrough(${made}, ${request})`)).toBe('through a worker')
  })

  test('a Service Worker serves pages of an intranet that a provider reaches', { timeout: startMs }, async () => {
    const { server, url } = await serving()
    const { token: reverse } = server.addReverseToken({ socksPort: 'none' })
    const connector = server.addConnectorToken({ reverseToken: reverse })
    const provider = closing(new LinkSocksClient({ url, token: reverse, role: 'provider' }))
    await provider.start()
    const intranet = await serveSite({ '/start': ['text/plain', 'the wiki'] })
    closing(intranet)
    const { ticket } = server.tickets.make({ token: connector, allow: [`127.0.0.1:${intranet.port}`] })
    const text = await browser.evaluate(`(async () => {
      const answer = await startProxy({ server: '${url}', ticket: '${ticket}' })
      return answer + ': ' + (await (await fetch('/proxy/127.0.0.1:${intranet.port}/start')).text())
    })()`)
    expect(text).toBe('linked: the wiki')
  })
})

/** Serves pages by their paths. */
async function serveSite(pages: Record<string, readonly [type: string, body: string]>) {
  const server = createServer(({ url = '' }, response) => {
    const [type, body] = pages[url] ?? ['text/plain', 'not found']
    response.setHeader('content-type', `${type}; charset=utf-8`).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { port, close }
}
