import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LinkSocksServer } from '@ls/server'
import { echoServer, faultRelay, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { hasChromium, openChromium } from './chromium.js'
import { pageModules } from './page-script.js'

// `@ls/web` in a real browser as a bundler leaves it: what a page needs later comes with an `import()`.

/** A busy machine takes long to start a browser. */
const startMs = 60_000

const contents = `
  import { connect } from './src/index.ts'
  globalThis.connect = connect
  globalThis.echoed = async (link, port, bytes) => {
    const { readable, writable } = link.openTcp({ host: '127.0.0.1', port })
    const writer = writable.getWriter()
    const written = writer.write(new Uint8Array(bytes)).then(() => writer.close())
    const { byteLength } = await new Response(readable).arrayBuffer()
    await written
    return byteLength
  }
`

/**
 * A page with the modules, and the names of those that were requested. `refused`: requests for the code of the
 * heartbeat that fail first.
 */
async function modulePage(refused = 0) {
  const modules = await pageModules(contents, fileURLToPath(new URL('../../packages/web', import.meta.url)))
  const requested: string[] = []
  const server = createServer(({ url = '/' }, response) => {
    const module = modules.get(url.slice(1))
    const name = url.slice(1).replace(/-\w+\.js$/, '')
    if (url.endsWith('.js')) requested.push(name)
    if (name === 'heartbeat' && requested.filter((each) => each === name).length <= refused) response.statusCode = 503
    response.setHeader('Content-Type', module === undefined ? 'text/html' : 'text/javascript')
    response.end(module ?? '<!doctype html><title>modules</title><script type="module" src="/entry.js"></script>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing(server)
  const browser = await openChromium(`http://localhost:${(server.address() as AddressInfo).port}/`)
  closing({ close: () => browser.close() })
  while ((await browser.evaluate('typeof connect')) !== 'function') await delay(20)
  return { browser, requested }
}

/** A page that is linked to a server through a relay. */
async function linkedPage(refused = 0) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' } }))
  const token = server.addForwardToken()
  await server.listen()
  const relay = closing(await faultRelay({ host: '127.0.0.1', port: server.address?.port ?? 0 }))
  const echo = closing(await echoServer())
  const page = await modulePage(refused)
  await page.browser.evaluate(
    `connect('ws://127.0.0.1:${relay.port}', { token: '${token}' }).then((up) => void (globalThis.link = up))`,
  )
  const echoed = (bytes: number): Promise<string> => page.browser.evaluate(`echoed(link, ${echo.port}, ${bytes})`)
  const loads = (name: string): number => page.requested.filter((each) => each === name).length
  return { relay, echoed, loads }
}

describe.skipIf(!hasChromium)('@ls/web as modules in Chromium', () => {
  test('loads the code for bulk with the first bulk', { timeout: startMs }, async () => {
    const { echoed, loads } = await linkedPage()
    const little = await echoed(10_000)
    const before = loads('bulk')
    const much = await echoed(8_000_000)
    expect({ little, before, much, after: loads('bulk') }).toEqual({
      little: '10000',
      before: 0,
      much: '8000000',
      after: 1,
    })
  })

  test('resumes when its server is gone without a word', { timeout: startMs }, async () => {
    const { relay, echoed, loads } = await linkedPage()
    await until(() => loads('heartbeat') === 1, 'the code of the heartbeat')
    relay.strike('blackhole')
    expect(await echoed(1000)).toBe('1000')
  })

  test('loads the code of the heartbeat again where that has failed', { timeout: startMs }, async () => {
    const { relay, echoed, loads } = await linkedPage(1)
    await until(() => loads('heartbeat') === 2, 'the second request', { timeoutMs: 20_000 })
    relay.strike('blackhole')
    expect(await echoed(1000)).toBe('1000')
  })
})
