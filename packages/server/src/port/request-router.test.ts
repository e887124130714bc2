import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode, MessageType } from '@ls/codec'
import { afterDelay, FakeClock, onceEvent, RecordingHandler, turns, until } from '@ls/testkit'
import { connect as connectWebSocket, hashToken } from '@ls/transport'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../options/server-options.js'
import { LinkSocksServer } from '../server.js'

const token = 'let me in'
const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(options: ServerOptions = {}): Promise<LinkSocksServer> {
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key: 'key' }, ...options })
  server.addForwardToken(token)
  await server.listen()
  cleanups.push(() => server.close())
  return server
}

async function site(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ls-'))
  cleanups.push(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'index.html'), 'a site')
  return folder
}

interface Asking {
  readonly host?: string
  readonly headers?: readonly string[]
  readonly upgrade?: boolean
}

/** Status and, of a whole answer, body. */
async function ask(server: LinkSocksServer, path: string, { host = 'h', headers = [], upgrade = true }: Asking = {}) {
  const socket = connect(server.address?.port ?? 0, '127.0.0.1')
  cleanups.push(() => socket.destroy())
  const wish = [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  socket.write(
    [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...(upgrade ? wish : ['Connection: close']), ...headers, '', ''].join(
      '\r\n',
    ),
  )
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString('latin1')
    // A WebSocket does not end by itself.
    if (answer.startsWith('HTTP/1.1 101')) socket.destroy()
  })
  await onceEvent(socket, 'close', { timeoutMs: 15_000 })
  return { status: Number(answer.slice(9, 12)), body: answer.slice(answer.indexOf('\r\n\r\n') + 4), head: answer }
}

const known = `?token=${hashToken(token)}`
const unknown = `?token=${hashToken('let me in too')}`

describe('LinkSocksServer without path', () => {
  test.each(['/socket', '/socket/', `/socket${known}`, `/socket${unknown}`])('upgrades at %s', async (path) => {
    expect((await ask(await start(), path)).status).toBe(101)
  })

  test.each(['/', '/socket/more', '/Socket', '//socket', '/socket%2f', '/other'])('answers 404 at %s', async (path) => {
    expect((await ask(await start(), path)).status).toBe(404)
  })
})

describe('LinkSocksServer with path', () => {
  test.each(['link', '/link'])('%s upgrades there', async (path) => {
    expect((await ask(await start({ path }), '/link')).status).toBe(101)
  })

  test.each(['/socket', '/link/', '/Link', '/'])('does not upgrade at %s', async (path) => {
    expect((await ask(await start({ path: '/link' }), path)).status).toBe(404)
  })

  test.each(['a b', '/a?b', '/a#b'])('%s is a RangeError', (path) => {
    expect(() => new LinkSocksServer({ path })).toThrow(RangeError)
  })
})

describe('LinkSocksServer with hostNames', () => {
  test.each(['a.example', 'A.Example:8765', 'a.example.', 'b.example', '[::1]:80'])('upgrades for %s', async (host) => {
    const hostNames = ['A.example', 'b.example', '[::1]']
    expect((await ask(await start({ hostNames }), '/socket', { host })).status).toBe(101)
  })

  test.each(['c.example', 'x.a.example', 'a.example.evil', '127.0.0.1', 'a.example:80:80'])(
    'does not upgrade for %s',
    async (host) => {
      expect((await ask(await start({ hostNames: ['a.example'] }), '/socket', { host })).status).toBe(404)
    },
  )

  test.each(['', 'a b', 'http://a', 'a/b'])('%j is a RangeError', (name) => {
    expect(() => new LinkSocksServer({ hostNames: [name] })).toThrow(RangeError)
  })
})

describe('LinkSocksServer with fallback', () => {
  test('upgrades a client with a token that is known', async () => {
    expect((await ask(await start({ fallback: await site() }), `/socket${known}`)).status).toBe(101)
  })

  test.each<[string, string, Asking]>([
    ['/ ', '/', { upgrade: false }],
    ['an upgrade of /', '/', {}],
    ['the path without an upgrade', '/socket', { upgrade: false }],
    ['the path without a token', '/socket', {}],
    ['a token that is not known', `/socket${unknown}`, {}],
    ['a token that is none', '/socket?token=x', {}],
    ['another path', `/link${known}`, {}],
    ['another host', `/socket${known}`, { host: 'other.example' }],
    ['the API without a key', '/api/status', { upgrade: false }],
    ["the API's public page", '/api/openapi.json', { upgrade: false }],
    ["the API's public page with a wrong key", '/api/openapi.json', { upgrade: false, headers: ['X-API-Key: x'] }],
    ['the API with a wrong key', '/api/status', { upgrade: false, headers: ['X-API-Key: x'] }],
  ])('shows the site and nothing else to %s', async (_name, path, asking) => {
    const server = await start({ fallback: await site(), hostNames: ['h'] })
    const { status, head } = await ask(server, path, asking)
    const plain = await ask(server, path.trim() === '/' ? '/' : '/missing', { upgrade: false })
    expect({ status, withoutDates: withoutDates(head) }).toEqual({
      status: plain.status,
      withoutDates: withoutDates(plain.head),
    })
    expect(head.toLowerCase()).not.toMatch(/socks|websocket|api|token/)
  })

  test('answers the API with the right key', async () => {
    const server = await start({ fallback: await site() })
    const { body } = await ask(server, '/api/status', { upgrade: false, headers: ['X-API-Key: key'] })
    expect(body).toContain('"version":"v')
  })

  test('at a path of its own admits clients that authenticate by message', async () => {
    const server = await start({ fallback: await site(), path: '/link' })
    expect((await ask(server, '/link')).status).toBe(101)
  })

  test('reports refused clients', async () => {
    const server = await start({ fallback: await site() })
    const refused = onceEvent(server, 'clientRefused')
    await ask(server, `/socket${unknown}`)
    expect(await refused).toEqual(['127.0.0.1', 'invalid token'])
  })

  test('shows the site also to clients that guess before they have a token', async () => {
    const server = await start({ fallback: await site(), clock: new FakeClock() })
    for (let count = 0; count < 4; count++) await ask(server, `/socket${unknown}`)
    const plain = await ask(server, '/missing', { upgrade: false })
    const { status, head } = await ask(server, `/socket${known}`)
    expect({ status, withoutDates: withoutDates(head) }).toEqual({
      status: plain.status,
      withoutDates: withoutDates(plain.head),
    })
  })
})

describe('LinkSocksServer with clients that guess', () => {
  /** Guesses tokens until the server throttles the address. */
  async function guess(server: LinkSocksServer, asking: Asking = {}): Promise<void> {
    for (let count = 0; count < 4; count++) {
      const refused = onceEvent(server, 'clientRefused')
      await Promise.all([refused, ask(server, `/socket${unknown}`, asking)])
    }
  }

  test('answers 429 to a right token, after a while', async () => {
    const clock = new FakeClock()
    const server = await start({ clock })
    await guess(server)
    const { status, head } = await afterDelay(clock, 1000, () => ask(server, `/socket${known}`))
    expect({ status, asksToWait: /retry-after: 1\r\n/i.test(head) }).toEqual({ status: 429, asksToWait: true })
  })

  test('answers 429 to a right key of the API', async () => {
    const clock = new FakeClock()
    const server = await start({ clock })
    await guess(server)
    const asking = { upgrade: false, headers: ['X-API-Key: key'] }
    expect((await afterDelay(clock, 1000, () => ask(server, '/api/status', asking))).status).toBe(429)
  })

  test('closes a link that authenticates too late by message, and tells it to try again', async () => {
    const clock = new FakeClock()
    const server = await start({ clock })
    await guess(server)
    const link = await connectWebSocket({ url: `ws://127.0.0.1:${server.address?.port}/socket` })
    cleanups.push(() => link.destroy())
    const handler = new RecordingHandler()
    link.setHandler(handler)
    const refused = onceEvent(server, 'clientRefused')
    link.send(encode({ type: MessageType.Auth, token, reverse: false, instance: new Uint8Array(16) }))
    await refused
    await turns(3)
    const before = [...handler.closes]
    clock.advance(1000)
    await until(() => handler.closes.length > 0, 'the close')
    expect({ before, closes: handler.closes }).toEqual({
      before: [],
      closes: [expect.objectContaining({ code: 1013 })],
    })
  })

  test('cuts the one that has waited longest where 64 of an address wait', async () => {
    const clock = new FakeClock()
    const server = await start({ clock })
    await guess(server)
    const before = clock.pendingTimers
    const first = ask(server, `/socket${known}`)
    await until(() => clock.pendingTimers > before, 'the first to wait')
    for (let count = 0; count < 64; count++) ask(server, `/socket${known}`).catch(() => {})
    expect((await first).head).toBe('')
  })

  test('admits other clients behind the same trusted proxy', async () => {
    const clock = new FakeClock()
    const server = await start({ clock, trustedProxies: ['127.0.0.1'] })
    await guess(server, { headers: ['X-Forwarded-For: 192.0.2.1'] })
    const of = (client: string) => ask(server, `/socket${known}`, { headers: [`X-Forwarded-For: ${client}`] })
    const other = await of('192.0.2.2')
    expect({ other: other.status, later: (await afterDelay(clock, 1000, () => of('192.0.2.1'))).status }).toEqual({
      other: 101,
      later: 429,
    })
  })
})

describe('LinkSocksServer with trustedProxies', () => {
  test('throttles and reports the client, not the proxy', async () => {
    const server = await start({ trustedProxies: ['127.0.0.1'] })
    const refused = onceEvent(server, 'clientRefused')
    await ask(server, `/socket${unknown}`, { headers: ['X-Forwarded-For: 192.0.2.1'] })
    expect(await refused).toEqual(['192.0.2.1', 'invalid token'])
  })

  test('trusts no proxy by default', async () => {
    const server = await start()
    const refused = onceEvent(server, 'clientRefused')
    await ask(server, `/socket${unknown}`, { headers: ['X-Forwarded-For: 192.0.2.1', 'Forwarded: for=192.0.2.1'] })
    expect(await refused).toEqual(['127.0.0.1', 'invalid token'])
  })

  test.each(['everyone', '10.0.0.0/33'])('%s is a RangeError', (place) => {
    expect(() => new LinkSocksServer({ trustedProxies: [place] })).toThrow(RangeError)
  })
})

/**
 * Removes what differs between two answers of any web server, and `Connection`, which a refused upgrade always ends.
 */
function withoutDates(head: string): string {
  return head.replaceAll(/^(?:Date|Connection|Keep-Alive): .*\r\n/gim, '')
}

describe('LinkSocksServer with fallback, asked with early data', () => {
  const early = (shown: string): Asking => {
    const auth = encode({ type: MessageType.Auth, token: shown, reverse: false, instance: new Uint8Array(16) })
    return { headers: [`Sec-WebSocket-Protocol: ${Buffer.from(auth).toString('base64url')}`] }
  }

  test('upgrades for a known token', async () => {
    expect((await ask(await start({ fallback: await site() }), '/socket', early(token))).status).toBe(101)
  })

  test.each([
    ['an unknown token', early('let me in too')],
    ['what is no Auth', { headers: ['Sec-WebSocket-Protocol: BQEA'] }],
    ['a subprotocol', { headers: ['Sec-WebSocket-Protocol: graphql-ws.v1'] }],
  ])('shows %s the site', async (_name, asking) => {
    expect((await ask(await start({ fallback: await site() }), '/socket', asking)).status).not.toBe(101)
  })
})
