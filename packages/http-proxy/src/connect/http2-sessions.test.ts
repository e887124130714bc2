import { createHash } from 'node:crypto'
import { constants } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { echoServer, seededBytes, seededDigest, turns, type TestTcpServer } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  type Http2Proxy,
  http2ProxyTls as tls,
  type OnStream,
  openHttp2Proxy,
  tunnel,
} from '../../testing/http2-proxy.js'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { connect, type ConnectOptions } from './connect.js'
import { Http2Sessions, type Http2SessionsOptions } from './http2-sessions.js'

const fixture = useProxyFixture()
let echo: TestTcpServer

beforeEach(async () => {
  echo = await echoServer()
  fixture.defer(() => echo.close())
})

const http2Proxy = (onStream?: OnStream, settings?: object) => openHttp2Proxy(fixture, onStream, settings)

function sessionsFor(options?: Http2SessionsOptions): Http2Sessions {
  const sessions = new Http2Sessions(options)
  fixture.defer(() => sessions.close())
  return sessions
}

function open(proxy: Http2Proxy, sessions: Http2Sessions, more: Partial<ConnectOptions> = {}): Promise<Duplex> {
  return connect({ proxy: { host: '127.0.0.1', port: proxy.port, tls }, target: echo, sessions, ...more })
}

async function greet(stream: Duplex): Promise<string> {
  stream.end('hello')
  return String(await buffer(stream))
}

describe('Http2Sessions', () => {
  test('share one connection among tunnels, opened together and later', async () => {
    const proxy = await http2Proxy()
    const sessions = sessionsFor()
    const streams = await Promise.all([1, 2, 3].map(() => open(proxy, sessions)))
    streams.push(await open(proxy, sessions))
    await expect(Promise.all(streams.map(greet))).resolves.toEqual(['hello', 'hello', 'hello', 'hello'])
    expect({ proxy: proxy.sessions.length, sessionsSize: sessions.size }).toEqual({ proxy: 1, sessionsSize: 1 })
  })

  test('send the credentials, the custom fields and the first payload', async () => {
    let seen: Record<string, unknown> = {}
    const proxy = await http2Proxy((stream, headers) => {
      seen = headers
      stream.respond({ ':status': 200 })
      stream.pipe(stream)
    })
    const address = { host: '127.0.0.1', port: proxy.port, tls, username: 'ann', password: 'pw' }
    const options = { proxy: address, headers: { 'X-To': '{target} from {source}' }, head: Buffer.from('first ') }
    await expect(greet(await open(proxy, sessionsFor(), options))).resolves.toBe('first hello')
    expect(seen).toMatchObject({
      ':method': 'CONNECT',
      ':authority': `127.0.0.1:${echo.port}`,
      'proxy-authorization': `Basic ${btoa('ann:pw')}`,
      'x-to': `127.0.0.1:${echo.port} from unknown`,
    })
  })

  test('carry many bytes both ways in several tunnels', async () => {
    const size = 4 * 1024 * 1024
    const proxy = await http2Proxy()
    const sessions = sessionsFor()
    const digests = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const stream = await open(proxy, sessions)
        const hash = createHash('sha256')
        stream.on('data', (chunk: Buffer) => hash.update(chunk))
        stream.end(seededBytes(seed).take(size))
        await new Promise((resolve) => stream.on('end', resolve))
        return hash.digest('hex')
      }),
    )
    expect(digests).toEqual([1, 2, 3].map((seed) => seededDigest(seed, size)))
  })

  test('let no stalled tunnel hold up another', async () => {
    const proxy = await http2Proxy((stream, headers) => {
      stream.respond({ ':status': 200 })
      if (headers[':authority'] === 'flood.example:1') stream.end(Buffer.alloc(30_000_000))
      else stream.pipe(stream)
    })
    const sessions = sessionsFor()
    const stalled = await Promise.all(
      Array.from({ length: 20 }, () => open(proxy, sessions, { target: { host: 'flood.example', port: 1 } })),
    )
    await turns(200)
    await expect(greet(await open(proxy, sessions))).resolves.toBe('hello')
    for (const stream of stalled) stream.destroy()
  })

  test('keep a tunnel open when either side has ended', async () => {
    const proxy = await http2Proxy((stream) => {
      stream.respond({ ':status': 200 })
      let got = ''
      stream.on('data', (chunk: Buffer) => (got += chunk.toString()))
      stream.on('end', () => stream.end(`got ${got}`))
    })
    await expect(greet(await open(proxy, sessionsFor()))).resolves.toBe('got hello')
  })

  test.each(['GOAWAY', 'a close', 'a cut'])('heal after %s', async (how) => {
    const proxy = await http2Proxy()
    const sessions = sessionsFor()
    const before = await open(proxy, sessions)
    before.on('error', () => {})
    const first = proxy.sessions[0]
    if (how === 'GOAWAY') first?.goaway()
    else if (how === 'a close') first?.close()
    else first?.destroy()
    await expect(greet(await open(proxy, sessions))).resolves.toBe('hello')
    before.destroy()
    expect(proxy.sessions.length).toBeLessThanOrEqual(2)
  })

  test('let the tunnels of a session that got GOAWAY go on', async () => {
    const proxy = await http2Proxy()
    const sessions = sessionsFor()
    const before = await open(proxy, sessions)
    proxy.sessions[0]?.goaway()
    while (sessions.size > 0) await turns(1)
    await expect(greet(before)).resolves.toBe('hello')
  })

  test('replace a session that answers nothing any more, after pingMs', async () => {
    // The first connection through this relay goes silent on demand, as behind a NAT that has forgotten it.
    const proxy = await http2Proxy()
    let silent: (() => void) | undefined
    const address = await fixture.tcp((socket) => {
      const inner = connectSocket(proxy.port, '127.0.0.1')
      inner.on('error', () => socket.destroy())
      socket.pipe(inner).pipe(socket)
      socket.on('close', () => inner.destroy())
      silent ??= () => {
        socket.unpipe(inner)
        socket.resume()
      }
    })
    const sessions = sessionsFor({ pingMs: 50 })
    const relayed = { ...proxy, port: Number(address.split(':')[1]) }
    await expect(greet(await open(relayed, sessions))).resolves.toBe('hello')
    silent?.()
    await expect(greet(await open(relayed, sessions))).resolves.toBe('hello')
    expect(proxy.sessions.length).toBe(2)
  })

  test('open a second connection when the first has as many tunnels as the proxy allows', async () => {
    const proxy = await http2Proxy(tunnel, { maxConcurrentStreams: 2 })
    const sessions = sessionsFor()
    const streams = [await open(proxy, sessions), await open(proxy, sessions), await open(proxy, sessions)]
    expect(proxy.sessions.length).toBe(2)
    await expect(Promise.all(streams.map(greet))).resolves.toEqual(['hello', 'hello', 'hello'])
  })

  test('refuse a tunnel beyond all limits', async () => {
    const proxy = await http2Proxy()
    const sessions = sessionsFor({ maxSessionsPerProxy: 1, maxTunnelsPerSession: 1 })
    const stream = await open(proxy, sessions)
    await expect(open(proxy, sessions)).rejects.toMatchObject({ code: 'ERR_HTTP_PROXY_BUSY' })
    stream.destroy()
  })

  test('forget the proxy used longest ago beyond maxProxies', async () => {
    const proxies = [await http2Proxy(), await http2Proxy()]
    const sessions = sessionsFor({ maxProxies: 1 })
    for (const proxy of proxies) await greet(await open(proxy, sessions))
    expect(sessions.size).toBe(1)
  })

  test('close an idle connection after idleMs', async () => {
    const proxy = await http2Proxy()
    const sessions = sessionsFor({ idleMs: 20 })
    await greet(await open(proxy, sessions))
    while (proxy.sessions[0]?.destroyed !== true) await turns(1)
    expect(sessions.size).toBe(0)
  })

  test('are not shared between different TLS options', async () => {
    const proxy = await http2Proxy()
    const sessions = sessionsFor()
    const other = { proxy: { host: '127.0.0.1', port: proxy.port, tls: { ca: tls.ca } } }
    await greet(await open(proxy, sessions))
    await greet(await open(proxy, sessions, other))
    expect(proxy.sessions.length).toBe(2)
  })

  test.each([
    [403, 'ERR_HTTP_PROXY_REFUSED', 'forbidden'],
    [407, 'ERR_HTTP_PROXY_AUTH', 'forbidden'],
    [503, 'ERR_HTTP_PROXY_REFUSED', 'no-provider'],
  ])('reject on status %i with %s, and stay', async (status, code, reply) => {
    const proxy = await http2Proxy((stream) =>
      stream.respond({ ':status': status, server: 'test' }, { endStream: true }),
    )
    const sessions = sessionsFor()
    await expect(open(proxy, sessions)).rejects.toMatchObject({ code, reply, status })
    expect(sessions.size).toBe(1)
  })

  test('reject when the proxy resets the stream', async () => {
    const proxy = await http2Proxy((stream) => stream.close(constants.NGHTTP2_CONNECT_ERROR))
    const sessions = sessionsFor()
    await expect(open(proxy, sessions)).rejects.toMatchObject({ code: 'ERR_HTTP_PROXY_REFUSED', reply: 'failed' })
    expect(sessions.size).toBe(1)
  })

  test('reject when the session ends without an answer', async () => {
    const proxy = await http2Proxy((stream) => stream.session?.destroy())
    await expect(open(proxy, sessionsFor())).rejects.toMatchObject({ code: 'ERR_HTTP_PROXY_CLOSED' })
  })

  test('reject after timeoutMs and cancel the stream', async () => {
    let closed: (code: number) => void = () => {}
    const code = new Promise<number>((resolve) => (closed = resolve))
    const proxy = await http2Proxy((stream, headers) => {
      if (headers[':authority'] === 'silent.example:1') stream.on('close', () => closed(stream.rstCode))
      else tunnel(stream, headers)
    })
    const sessions = sessionsFor()
    // On a connection that stands: to open one may take a busy machine longer than the time limit.
    await greet(await open(proxy, sessions))
    const silent = { target: { host: 'silent.example', port: 1 }, timeoutMs: 100 }
    await expect(open(proxy, sessions, silent)).rejects.toMatchObject({ code: 'ERR_HTTP_PROXY_TIMEOUT' })
    await expect(code).resolves.toBe(constants.NGHTTP2_CANCEL)
  })

  test('are not used with sessions: false', async () => {
    const proxy = await http2Proxy()
    const address = { host: '127.0.0.1', port: proxy.port, tls }
    // This proxy supports only h2, so that HTTP/1.1 fails.
    await expect(connect({ proxy: address, target: echo, sessions: false })).rejects.toMatchObject({
      code: 'ERR_HTTP_PROXY_UNREACHABLE',
    })
  })

  test('refuse options out of range', () => {
    expect(() => new Http2Sessions({ maxProxies: 0 })).toThrow(RangeError)
  })
})
