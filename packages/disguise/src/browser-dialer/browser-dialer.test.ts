import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Logger, silentLogger } from '@ls/foundation'
import { FakeClock, leakCheck, RecordingHandler, turns, until } from '@ls/testkit'
import type { ConnectOptions } from '@ls/transport'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openBrowserDialer, type BrowserDialer, type BrowserDialerOptions } from './browser-dialer.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function openDialer(options: BrowserDialerOptions = {}): Promise<BrowserDialer> {
  const dialer = await openBrowserDialer(options)
  cleanups.push(() => dialer.close())
  return dialer
}

interface Order {
  readonly order: string
  readonly id: string
  readonly url?: string
  readonly protocols?: readonly string[]
}

/** Simulates a browser's page, step by step. */
class FakePage {
  readonly orders: Order[] = []
  readonly #base: string
  readonly #origin: string
  readonly #control: WebSocket

  constructor(dialer: BrowserDialer) {
    this.#origin = new URL(dialer.url).origin
    this.#base = dialer.url.replace('http', 'ws')
    this.#control = this.#open('control')
    this.#control.on('message', (data: Buffer) => this.orders.push(JSON.parse(data.toString()) as Order))
  }

  get isOpen(): boolean {
    return this.#control.readyState === WebSocket.OPEN
  }

  /** Returns the next order of this kind. */
  async order(kind: string): Promise<Order> {
    await until(() => this.orders.some(({ order }) => order === kind), `the order to ${kind}`)
    const index = this.orders.findIndex(({ order }) => order === kind)
    return this.orders.splice(index, 1)[0] as Order
  }

  tell(event: string, id: string): void {
    this.#control.send(Buffer.from(JSON.stringify({ event, id })))
  }

  say(bytes: Buffer): void {
    this.#control.send(bytes)
  }

  /** Opens the connection that carries a link's messages. */
  link(id: string): WebSocket {
    return this.#open(`link/${id}`)
  }

  leave(): void {
    this.#control.terminate()
  }

  #open(path: string): WebSocket {
    const socket = new WebSocket(this.#base + path, { origin: this.#origin })
    socket.on('error', () => {})
    cleanups.push(() => socket.terminate())
    return socket
  }
}

/** A dialer with a page attached. */
async function attached(options: BrowserDialerOptions = {}): Promise<{ dialer: BrowserDialer; page: FakePage }> {
  const dialer = await openDialer(options)
  const page = new FakePage(dialer)
  await until(() => dialer.pageCount > 0 && page.isOpen, 'the page')
  return { dialer, page }
}

/** A link that the page has opened, and the page's end of it. */
async function linked(options: Partial<ConnectOptions> = {}) {
  const { dialer, page } = await attached()
  const opening = dialer.connect({ url: 'wss://server.test/socket', ...options })
  const { id } = await page.order('open')
  const socket = page.link(id)
  const transport = await opening
  await until(() => socket.readyState === WebSocket.OPEN, "the page's end")
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  return { dialer, page, id, socket, transport, handler }
}

/** Sends a request to the dialer's port. */
async function get(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const asked = request(url, { method, headers, agent: false })
  asked.end()
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.on('response', resolve).on('error', reject)
  })
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

/** Returns the status of an answer to an upgrade; 101 when it opens. */
function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers })
    socket.on('open', () => {
      socket.terminate()
      resolve(101)
    })
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
      socket.on('error', () => {})
      socket.terminate()
      resolve(statusCode)
    })
  })
}

describe('the page of openBrowserDialer', () => {
  test('is served at its URL, and only its own script may run', async () => {
    const { url } = await openDialer()
    const { status, headers, body } = await get(url)
    expect({ status, startsWithDoctypeHtml: body.startsWith('<!doctype html>') }).toEqual({
      status: 200,
      startsWithDoctypeHtml: true,
    })
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; img-src data:; connect-src ws: wss:;/,
    )
  })

  test('has a new token in its URL each time', async () => {
    const [one, other] = [await openDialer(), await openDialer()]
    expect(new URL(one.url).pathname).not.toBe(new URL(other.url).pathname)
  })

  test.each([
    ['another token', (url: URL) => new URL(`/${'0'.repeat(32)}/`, url), {}, 404],
    ['no token', (url: URL) => new URL('/', url), {}, 404],
    ['something behind the token', (url: URL) => new URL('page', url), {}, 404],
    ['a page of another origin', (url: URL) => url, { Origin: 'https://evil.test' }, 403],
    ['a name that points here', (url: URL) => url, { Host: 'evil.test' }, 421],
  ])('is not served for %s', async (_what, address, headers, status) => {
    const { url } = await openDialer()
    expect((await get(address(new URL(url)).href, headers as Record<string, string>)).status).toBe(status)
  })

  test('is not served to POST', async () => {
    const { url } = await openDialer()
    expect((await get(url, {}, 'POST')).status).toBe(405)
  })
})

describe('the WebSockets of openBrowserDialer', () => {
  const control = ({ url }: BrowserDialer) => `${url.replace('http', 'ws')}control`

  test('are open to the page it has served', async () => {
    const dialer = await openDialer()
    expect(await upgradeStatus(control(dialer), { Origin: new URL(dialer.url).origin })).toBe(101)
  })

  test.each([
    ['pages of other origins', { Origin: 'https://evil.test' }, 403],
    ['pages of the same host and another port', { Origin: 'http://127.0.0.1:1' }, 403],
    ['pages without an origin, as files and sandboxes', { Origin: 'null' }, 403],
    ['programs that name no origin', {}, 403],
    ['a name that points here', { Host: 'evil.test', Origin: 'http://evil.test' }, 421],
  ])('are closed to %s, even with the token', async (_who, headers, status) => {
    expect(await upgradeStatus(control(await openDialer()), headers as Record<string, string>)).toBe(status)
  })

  test('are closed to those without the token', async () => {
    const { origin, host } = new URL((await openDialer()).url)
    expect(await upgradeStatus(`ws://${host}/${'0'.repeat(32)}/control`, { Origin: origin })).toBe(404)
  })

  test('are closed for a link that was not requested', async () => {
    const { url } = await openDialer()
    expect(await upgradeStatus(`${url.replace('http', 'ws')}link/1`, { Origin: new URL(url).origin })).toBe(404)
  })

  test('are closed to a ninth page', async () => {
    const { dialer } = await attached()
    for (let page = 2; page <= 8; page++) void new FakePage(dialer)
    await until(() => dialer.pageCount === 8, 'eight pages')
    expect(await upgradeStatus(control(dialer), { Origin: new URL(dialer.url).origin })).toBe(503)
  })
})

describe('connect of a browser dialer', () => {
  test('asks the page for the URL, and carries messages both ways', async () => {
    const { socket, transport, handler } = await linked()
    socket.on('message', (data: Buffer) => socket.send(Buffer.concat([data, data])))
    transport.send(Uint8Array.of(1, 2))
    await until(() => handler.messages.length > 0, 'the answer')
    expect([...(handler.messages[0] ?? [])]).toEqual([1, 2, 1, 2])
  })

  test('waits for a browser', async () => {
    const dialer = await openDialer()
    const opening = dialer.connect({ url: 'wss://server.test' })
    await turns(5)
    const page = new FakePage(dialer)
    const { id, url } = await page.order('open')
    page.link(id)
    ;(await opening).destroy()
    expect(url).toBe('wss://server.test/socket')
  })

  test('gives up after dialTimeoutMs without a browser, and says where one is wanted', async () => {
    const dialer = await openDialer()
    const { host } = new URL(dialer.url)
    await expect(dialer.connect({ url: 'wss://server.test', dialTimeoutMs: 50 })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_TIMEOUT',
      message: `no answer within 50 ms while waiting for a browser to open the page at ${host}, whose URL is in the log`,
    })
  })

  test('takes its order back when it gives up', async () => {
    const { dialer, page } = await attached()
    const controller = new AbortController()
    const opening = dialer.connect({ url: 'wss://server.test', signal: controller.signal })
    const { id } = await page.order('open')
    controller.abort(new Error('enough'))
    await expect(opening).rejects.toThrow('enough')
    expect((await page.order('cancel')).id).toBe(id)
  })

  test('says so when the browser cannot', async () => {
    const { dialer, page } = await attached()
    const opening = dialer.connect({ url: 'wss://server.test/socket?token=secret' })
    opening.catch(() => {})
    page.tell('failed', (await page.order('open')).id)
    await expect(opening).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_BROWSER',
      message: expect.stringMatching(/^the browser cannot open wss:\/\/server\.test\/socket:/) as string,
    })
  })

  test('continues with the next page when one leaves', async () => {
    const { dialer, page } = await attached()
    const opening = dialer.connect({ url: 'wss://server.test' })
    await page.order('open')
    page.leave()
    const next = new FakePage(dialer)
    next.link((await next.order('open')).id)
    const transport = await opening
    transport.destroy()
    expect(dialer.pageCount).toBe(1)
  })

  test('asks the newest page', async () => {
    const { dialer, page } = await attached()
    const newer = new FakePage(dialer)
    await until(() => dialer.pageCount === 2, 'both pages')
    const opening = dialer.connect({ url: 'wss://server.test' })
    newer.link((await newer.order('open')).id)
    ;(await opening).destroy()
    expect(page.orders).toEqual([])
  })

  test('offers early data as subprotocols, and sends the rest', async () => {
    const { dialer, page } = await attached()
    const firstMessages = [Uint8Array.of(1), Uint8Array.of(2)]
    const opening = dialer.connect({ url: 'wss://server.test', firstMessages, earlyDataBytes: 1 })
    const { id, protocols } = await page.order('open')
    const received: Buffer[] = []
    page.link(id).on('message', (data: Buffer) => received.push(data))
    const transport = await opening
    await until(() => received.length > 0, 'the second message')
    transport.destroy()
    expect({ protocols, received: received.map((bytes) => [...bytes]) }).toEqual({ protocols: ['AQ'], received: [[2]] })
  })

  test('is not confused by a page that talks nonsense', async () => {
    const { dialer, page } = await attached()
    for (const nonsense of ['', '{', '[]', '{"event":7}', 'x'.repeat(5000)]) page.say(Buffer.from(nonsense))
    page.tell('hold', 'no such link')
    const opening = dialer.connect({ url: 'wss://server.test' })
    page.link((await page.order('open')).id)
    ;(await opening).destroy()
    expect(dialer.pageCount).toBe(1)
  })

  test.each<[Partial<ConnectOptions>, string]>([
    [{ headers: { 'X-A': 'b' } }, 'a browser does not let pages set headers, and there is X-A'],
    [{ tls: { servername: 'a' } }, 'tls.servername has no effect'],
    [{ dial: () => Promise.reject(new Error('never')) }, '`dial` and proxies have no effect'],
    [{ url: 'ws+unix:///a.sock' }, 'is a UNIX socket, which browsers cannot open'],
  ])('refuses %j, which a browser does not allow pages to set', async (options, message) => {
    const dialer = await openDialer()
    const opening = dialer.connect({ url: 'wss://server.test', ...options })
    await expect(opening).rejects.toThrow(TypeError)
    await expect(opening).rejects.toThrow(message)
  })
})

describe('a link in a browser', () => {
  test('ends as the page says that the server ended it', async () => {
    const { socket, handler } = await linked()
    socket.close(3999, '1008 invalid token')
    await until(() => handler.closes.length > 0, 'onClose')
    expect(handler.closes).toMatchObject([{ code: 1008, reason: 'invalid token' }])
  })

  test('ends with the reason when the page leaves', async () => {
    const { socket, handler } = await linked()
    socket.terminate()
    await until(() => handler.closes.length > 0, 'onClose')
    expect(handler.closes).toMatchObject([{ code: 1006, cause: { code: 'ERR_TRANSPORT_BROWSER' } }])
  })

  test('ends at a message over maxMessageBytes', async () => {
    const { socket, handler } = await linked({ maxMessageBytes: 10 })
    socket.send(Buffer.alloc(11))
    await until(() => handler.closes.length > 0, 'onClose')
    expect({ messages: handler.messages.length, code: handler.closes[0]?.code }).toEqual({ messages: 0, code: 1009 })
  })

  test('sends nothing while the page is full, asks, and continues', async () => {
    const { page, id, socket, transport, handler } = await linked()
    const received: number[] = []
    socket.on('message', (data: Buffer) => received.push(...data))
    page.tell('hold', id)
    await until(() => !transport.send(Uint8Array.of(1)), 'send to return false')
    await page.order('look')
    const before = [...received]
    const waiting = transport.bufferedBytes
    page.tell('release', id)
    await until(() => handler.drains > 0, 'onDrain')
    await until(() => received.length === before.length + waiting, 'what waited')
    expect({ waiting, send: transport.send(Uint8Array.of(2)) }).toEqual({ waiting: 1, send: true })
  })

  test('sends what waits before it closes', async () => {
    const { page, id, socket, transport } = await linked()
    const received: number[] = []
    socket.on('message', (data: Buffer) => received.push(...data))
    page.tell('hold', id)
    let sent = 0
    await until(() => !transport.send(Uint8Array.of(sent++)), 'send to return false')
    const closed = new Promise<unknown[]>((resolve) => socket.on('close', (...reason) => resolve(reason)))
    transport.close({ code: 4000, reason: 'enough' })
    expect({ closed: (await closed).map(String), received: received.length }).toEqual({
      closed: ['4000', 'enough'],
      received: sent,
    })
  })
})

describe('the log of a browser dialer', () => {
  /** Records log lines. */
  function noting() {
    const lines: string[] = []
    const note = (_fields: object, line?: string): void => void lines.push(line ?? '')
    const logger: Logger = { ...silentLogger, info: note, warn: note, child: () => logger }
    return { lines, logger }
  }

  test('has the URL to open', async () => {
    const { lines, logger } = noting()
    const { url } = await openDialer({ logger })
    expect(lines).toEqual([`links go through a browser: open ${url} in one`])
  })

  test('says once a minute that no browser is attached', async () => {
    const { lines, logger } = noting()
    const clock = new FakeClock()
    const dialer = await openDialer({ logger, clock })
    const fail = async () => dialer.connect({ url: 'wss://server.test', dialTimeoutMs: 1 }).catch(() => {})
    await fail()
    await fail()
    clock.advance(60_000)
    await fail()
    expect(lines.filter((line) => line.startsWith('no browser is attached'))).toHaveLength(2)
  })

  test('reports browsers that connect and leave', async () => {
    const { lines, logger } = noting()
    const { dialer, page } = await attached({ logger })
    page.leave()
    await until(() => dialer.pageCount === 0, 'the page to go')
    expect(lines.slice(1)).toEqual(['a browser is attached', 'a browser has gone'])
  })
})

test('close of a browser dialer leaves nothing open', async () => {
  const assertNoLeak = leakCheck()
  const { dialer, handler } = await linked()
  await dialer.close()
  await until(() => handler.closes.length > 0, 'the end of the link')
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  await assertNoLeak()
  expect(dialer.pageCount).toBe(0)
})
