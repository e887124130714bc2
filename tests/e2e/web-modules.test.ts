import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LinkSocksServer } from '@ls/server'
import { echoServer } from '@ls/testkit'
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

/** A page with the modules, and the names of those that were requested. */
async function modulePage() {
  const modules = await pageModules(contents, fileURLToPath(new URL('../../packages/web', import.meta.url)))
  const requested: string[] = []
  const server = createServer(({ url = '/' }, response) => {
    const module = modules.get(url.slice(1))
    if (url.endsWith('.js')) requested.push(url.slice(1).replace(/-\w+\.js$/, ''))
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

describe.skipIf(!hasChromium)('@ls/web as modules in Chromium', () => {
  test('loads the code for bulk with the first bulk', { timeout: startMs }, async () => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' } }))
    const token = server.addForwardToken()
    await server.listen()
    const echo = closing(await echoServer())
    const { browser, requested } = await modulePage()
    const echoed = (bytes: number): Promise<string> => browser.evaluate(`echoed(link, ${echo.port}, ${bytes})`)
    await browser.evaluate(
      `connect('ws://127.0.0.1:${server.address?.port}', { token: '${token}' }).then((up) => void (globalThis.link = up))`,
    )
    const little = await echoed(10_000)
    const before = requested.includes('bulk')
    const much = await echoed(8_000_000)
    expect({ little, before, much, after: requested.includes('bulk') }).toEqual({
      little: '10000',
      before: false,
      much: '8000000',
      after: true,
    })
  })
})
