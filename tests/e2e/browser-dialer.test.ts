import { LinkSocksClient } from '@ls/client'
import { type BrowserDialer, openBrowserDialer } from '@ls/disguise'
import { LinkSocksServer } from '@ls/server'
import {
  describeMessageTransport,
  onceEvent,
  RecordingHandler,
  turns,
  type TransportPair,
  until,
  within,
} from '@ls/testkit'
import { type Connect, listen, type WebSocketTransport } from '@ls/transport'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { afterTest, awaitedLater, closing } from '../stress/cleanup.js'
import { fact, mebibyte } from '../stress/settings.js'
import { download, Meter, transferBothWays, transferServer } from '../stress/traffic.js'
import { type Chromium, hasChromium, openChromium, pageServer } from './chromium.js'
import { Program } from './program.js'

/** A busy machine takes long to start a browser. */
const startMs = 60_000

/** More than the page and all buffers on the way may hold. */
const tooMuchBytes = 200 * mebibyte

/** A server that accepts all links, and a link to it. */
async function linkedPair(connect: Connect) {
  let accept: (transport: WebSocketTransport) => void
  const accepted = new Promise<WebSocketTransport>((resolve) => (accept = resolve))
  const listener = await listen({ onTransport: (transport) => accept(transport) })
  const left = await connect({ url: `ws://127.0.0.1:${listener.address().port}` })
  return { left, right: await accepted, dispose: () => listener.closeAll() }
}

/** A LinkSocks server, and a client that reaches it through the browser. */
async function browserNet(dialer: BrowserDialer) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const token = server.addForwardToken()
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const { connect } = dialer
  const client = closing(new LinkSocksClient({ url, token, proxy: { port: 0 }, connect, proxyFromEnvironment: false }))
  await client.start()
  // The server has the session only from then on.
  await until(() => server.peers.size === 1, 'the server to let the client in')
  return { server, client, socks: client.socksAddress ?? { host: '', port: 0 } }
}

describe.skipIf(!hasChromium)('a page in Chromium', () => {
  let dialer: BrowserDialer
  let browser: Chromium

  beforeAll(async () => {
    dialer = await openBrowserDialer()
    browser = await openChromium(dialer.url)
    await until(() => dialer.pageCount > 0, 'the page', { timeoutMs: startMs })
  }, startMs)

  afterAll(async () => {
    await browser.close()
    await dialer.close()
  })

  describeMessageTransport('BrowserTransport', async (): Promise<TransportPair> => {
    // No page can cut a connection; it closes without a code.
    return { ...(await linkedPair(dialer.connect)), destroyedCode: 1005 }
  })

  test('carries 100 MiB each way concurrently, byte for byte', { timeout: 180_000 }, async () => {
    const { socks } = await browserNet(dialer)
    const target = closing(await transferServer())
    const bytes = 100 * mebibyte
    const startedMs = performance.now()
    const passed = await transferBothWays(socks, target, { seed: 1, bytes })
    const seconds = (performance.now() - startedMs) / 1000
    fact('browser-dialer', `100 MiB each way in ${seconds.toFixed(1)} s`)
    expect(passed).toEqual({ down: bytes, up: bytes })
  })

  test('heals a link when it is reloaded, in the middle of a transfer', { timeout: 120_000 }, async () => {
    const { client, socks } = await browserNet(dialer)
    const target = closing(await transferServer())
    const meter = new Meter()
    const moving = awaitedLater(download(socks, target, { seed: 3, bytes: 64 * mebibyte }, meter))
    await meter.after(4 * mebibyte)
    const back = onceEvent(client, 'linkUp', { timeoutMs: 60_000 })
    await browser.reload()
    expect(await back).toEqual([true])
    await moving
  })

  test('opens as many WebSockets as are wanted', async () => {
    const pairs = await Promise.all(Array.from({ length: 20 }, () => linkedPair(dialer.connect)))
    afterTest(() => Promise.all(pairs.map(({ dispose }) => dispose())))
    const handlers = pairs.map(({ left, right }, index) => {
      const handler = new RecordingHandler()
      right.setHandler(handler)
      left.setHandler(new RecordingHandler())
      left.send(Uint8Array.of(index))
      return handler
    })
    await until(() => handlers.every(({ messages }) => messages.length === 1), 'a message on each')
    expect(handlers.map(({ messages }) => messages[0]?.[0])).toEqual(pairs.map((_pair, index) => index))
  })

  test('shows how many links are open', async () => {
    const { left, dispose } = await linkedPair(dialer.connect)
    const links = (): Promise<string> => browser.evaluate("document.getElementById('links').textContent")
    left.setHandler(new RecordingHandler())
    await expect.poll(async () => Number(await links())).toBeGreaterThan(0)
    await dispose()
  })

  test('gives a link up whose server sends far more than we take', { timeout: 60_000 }, async () => {
    const { left, right, dispose } = await linkedPair(dialer.connect)
    afterTest(dispose)
    const [atLeft, atRight] = [new RecordingHandler(), new RecordingHandler()]
    right.setHandler(atRight)
    left.setHandler(atLeft)
    left.pause()
    const isLeft = (): boolean => atRight.closes.length > 0
    for (let sentBytes = 0; sentBytes < tooMuchBytes && !isLeft(); sentBytes += mebibyte) {
      const { drains } = atRight
      if (right.send(new Uint8Array(mebibyte))) continue
      await until(() => atRight.drains > drains || isLeft(), 'room for more', { timeoutMs: 20_000 })
    }
    await until(isLeft, 'the server to be left', { timeoutMs: 20_000 })
    left.resume()
    await until(() => atLeft.closes.length > 0, 'onClose', { timeoutMs: 20_000 })
    expect(atLeft.closes).toMatchObject([{ code: 1013, reason: 'the browser holds more than 67108864 bytes' }])
  })

  test('says when the browser cannot open a link', async () => {
    await expect(dialer.connect({ url: 'ws://127.0.0.1:1' })).rejects.toMatchObject({ code: 'ERR_TRANSPORT_BROWSER' })
  })

  describe('of another origin', () => {
    /** Opens a page of another origin that tries to attach; returns the result. */
    async function trial(address: string): Promise<string> {
      const script = `
        const socket = new WebSocket(${JSON.stringify(address)})
        socket.onopen = () => (document.title = 'let in')
        socket.onclose = () => (document.title = document.title === 'let in' ? 'let in' : 'refused')`
      const page = await pageServer(`<title>trying</title><script>${script}</script>`)
      const visitor = await openChromium(`http://localhost:${page.port}/`)
      afterTest(async () => {
        await visitor.close()
        await page.close()
      })
      let title = ''
      const wait = async (): Promise<void> => {
        while (title !== 'let in' && title !== 'refused') {
          title = await visitor.evaluate('document.title')
          await turns(10)
        }
      }
      await within(wait(), 'the page to have tried', { timeoutMs: startMs })
      return title
    }

    test('is refused, though it knows the token', { timeout: startMs * 2 }, async () => {
      expect(await trial(`${dialer.url.replace('http', 'ws')}control`)).toBe('refused')
    })

    test('is accepted without the gate, so it is the gate that refuses', { timeout: startMs * 2 }, async () => {
      const open = await listen({ onTransport: (transport) => transport.setHandler(new RecordingHandler()) })
      afterTest(() => open.closeAll())
      expect(await trial(`ws://127.0.0.1:${open.address().port}/control`)).toBe('let in')
    })
  })
})

describe.skipIf(!hasChromium)('linksocks client --browser-dialer', () => {
  let server: LinkSocksServer
  let token: string

  beforeEach(async () => {
    server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
    token = server.addForwardToken()
    await server.listen()
  })

  afterEach(() => server.close())

  test('prints the URL to open, and links once a browser has', { timeout: startMs * 2 }, async () => {
    const url = `ws://127.0.0.1:${server.address?.port}`
    const program = new Program('client', '-u', url, '-t', token, '-p', '0', '--browser-dialer', '127.0.0.1:0')
    const [, page = ''] = await program.printed(/^browser: (http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/)$/m)
    await program.printed(/no browser is attached/)
    const browser = await openChromium(page)
    afterTest(() => browser.close())
    await until(() => server.peers.size === 1, 'the link', { timeoutMs: startMs })
    expect((await program.printed(/^proxy: 127\.0\.0\.1:(\d+)$/m))[1]).toMatch(/^\d+$/)
  })
})
