import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { LinkSocksServer } from '@ls/server'
import { echoServer, faultRelay, freePort, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { hasChromium, openChromium } from './chromium.js'
import { pageModules } from './page-script.js'
import { wayTo } from './way.js'

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
  globalThis.opened = async (link, port) => {
    const { readable, writable } = await link.openTcp({ host: '127.0.0.1', port }).opened
    return { reader: readable.getReader(), writer: writable.getWriter() }
  }
  globalThis.says = async ({ reader, writer }, text) => {
    await writer.write(new TextEncoder().encode(text))
    return new TextDecoder().decode((await reader.read()).value)
  }
`

/** A page with the modules, and how often each was requested. `refused`: how many requests fail first, by name. */
async function modulePage(refused: Readonly<Record<string, number>> = {}) {
  const modules = await pageModules(contents, fileURLToPath(new URL('../../packages/web', import.meta.url)))
  const requested: string[] = []
  const server = createServer(({ url = '/' }, response) => {
    const module = modules.get(url.slice(1))
    const name = url.slice(1).replace(/-\w+\.js$/, '')
    if (url.endsWith('.js')) requested.push(name)
    if (requested.filter((each) => each === name).length <= (refused[name] ?? 0)) response.statusCode = 503
    response.setHeader('Content-Type', module === undefined ? 'text/html' : 'text/javascript')
    response.end(module ?? '<!doctype html><title>modules</title><script type="module" src="/entry.js"></script>')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing(server)
  const browser = await openChromium(`http://localhost:${(server.address() as AddressInfo).port}/`)
  closing({ close: () => browser.close() })
  while ((await browser.evaluate('typeof connect')) !== 'function') await delay(20)
  const loads = (name: string): number => requested.filter((each) => each === name).length
  return { browser, loads }
}

/** A page that is linked to a server through a relay. */
async function linkedPage(refused = {}) {
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
  return { relay, echoed, loads: page.loads }
}

/** A page that opens connections at a server, and another server that will take over. */
async function handedOverPage() {
  const make = async (): Promise<LinkSocksServer> => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' } }))
    server.addForwardToken('t')
    await server.listen()
    return server
  }
  const [old, next] = [await make(), await make()]
  const way = await wayTo(old.address?.port ?? 0)
  const echo = closing(await echoServer())
  const { browser } = await modulePage()
  await browser.evaluate(
    `connect('ws://127.0.0.1:${way.port}', { token: 't' }).then((up) => void (globalThis.link = up))`,
  )
  const open = (name: string): Promise<string> =>
    browser.evaluate(`opened(link, ${echo.port}).then((each) => void (globalThis.${name} = each))`)
  const says = (name: string): Promise<string> => browser.evaluate(`says(${name}, '${name}')`)
  const handOver = (): void => {
    way.leadTo(next.address?.port ?? 0, { cut: false })
    // It ends with the test, which closes the server.
    old.drain({ isHandedOver: true }).catch(() => {})
  }
  return { next, open, says, handOver }
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
    await until(() => loads('once-linked') === 1, 'the code of the heartbeat')
    relay.strike('blackhole')
    expect(await echoed(1000)).toBe('1000')
  })

  test('loads the code of the heartbeat again where that has failed', { timeout: startMs }, async () => {
    const { relay, echoed, loads } = await linkedPage({ 'once-linked': 1 })
    await until(() => loads('once-linked') === 2, 'the second request', { timeoutMs: 20_000 })
    relay.strike('blackhole')
    expect(await echoed(1000)).toBe('1000')
  })

  test(
    'keeps its connections, and opens others elsewhere, once its server is handed over',
    { timeout: startMs },
    async () => {
      const { next, open, says, handOver } = await handedOverPage()
      await open('before')
      handOver()
      await until(() => next.peers.size === 1, 'a session at the next server', { timeoutMs: startMs })
      // The page learns of it a little later than the server.
      while ([...next.channels()].length === 0) await open('after')
      expect({ before: await says('before'), after: await says('after') }).toEqual({ before: 'before', after: 'after' })
    },
  )

  test('loads the code of a provider for a provider only, before it connects', { timeout: startMs }, async () => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const { token } = server.addReverseToken({ socksPort: await freePort() })
    const connector = server.addForwardToken()
    await server.listen()
    const { browser, loads } = await modulePage()
    const linked = (role: string, as: string): Promise<string> =>
      browser.evaluate(
        `connect('ws://127.0.0.1:${server.address?.port}', { token: '${as}', role: '${role}' }).then(() => 'up')`,
      )
    const first = { up: await linked('client', connector), loads: loads('provide') }
    const second = { up: await linked('provider', token), loads: loads('provide') }
    expect({ first, second }).toEqual({ first: { up: 'up', loads: 0 }, second: { up: 'up', loads: 1 } })
  })

  test('reports a provider whose code cannot be loaded', { timeout: startMs }, async () => {
    const { browser } = await modulePage({ provide: Infinity })
    const failed = browser.evaluate(
      `connect('ws://127.0.0.1:1', { token: 't', role: 'provider' }).catch((error) => error.message)`,
    )
    expect(await failed).toMatch(/dynamically imported module: .*provide/)
  })
})
