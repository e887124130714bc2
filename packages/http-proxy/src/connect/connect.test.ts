import type { Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { echoServer, testCertificate, type TestTcpServer } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { dialDirect } from '../dial-direct.js'
import type { HttpProxyOptions } from '../options.js'
import { HttpProxy } from '../serve/http-proxy.js'
import { connect, type ConnectOptions } from './connect.js'

const fixture = useProxyFixture()
let echo: TestTcpServer

beforeEach(async () => {
  echo = await echoServer()
  fixture.defer(() => echo.close())
})

/** A proxy that answers every request with `answer`; `asked` returns the received bytes. */
async function scripted(answer: string | ((socket: Socket) => void)): Promise<{ port: number; asked: () => string }> {
  let text = ''
  const address = await fixture.tcp((socket) => {
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    if (typeof answer === 'string') socket.once('data', () => socket.end(answer, 'latin1'))
    else answer(socket)
  })
  return { port: Number(address.split(':')[1]), asked: () => text }
}

/** Opens a tunnel to the echo server and sends `hello` through it. */
async function greet(options: Omit<ConnectOptions, 'target'>): Promise<string> {
  const stream = await connect({ target: echo, ...options })
  stream.end('hello')
  return String(await buffer(stream))
}

function failure(options: Omit<ConnectOptions, 'target'>): Promise<unknown> {
  return connect({ target: { host: 'a.example', port: 443 }, ...options }).then(
    () => 'no failure',
    (error: unknown) => error,
  )
}

describe('connect', () => {
  test('opens a tunnel through a proxy given as URL, with a half-close both ways', async () => {
    const port = await fixture.proxy()
    await expect(greet({ proxy: `http://127.0.0.1:${port}` })).resolves.toBe('hello')
  })

  test('authenticates with what stands in the URL, percent-decoded', async () => {
    const port = await fixture.proxy({ accounts: [{ username: 'a b', password: 'p:@/é' }] })
    const proxy = `http://a%20b:p%3A%40%2F%C3%A9@127.0.0.1:${port}`
    await expect(greet({ proxy })).resolves.toBe('hello')
  })

  test('sends no bytes for the target before the proxy agrees, then head', async () => {
    const asked: string[] = []
    const { port } = await scripted((socket) => {
      socket.on('data', (chunk: Buffer) => {
        asked.push(chunk.toString())
        if (asked.length === 1) socket.write('HTTP/1.0 200 OK\r\n\r\n')
        else socket.end()
      })
    })
    const head = Buffer.from('first')
    const stream = await connect({
      proxy: { host: '127.0.0.1', port },
      target: { host: '::1', port: 443 },
      head,
      headers: { 'X-Route': '{source} to {target}', 'X-Other': 'plain' },
      source: { host: '10.0.0.1', port: 99 },
    })
    stream.end()
    await buffer(stream)
    expect(asked).toEqual([
      'CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\nX-Route: 10.0.0.1:99 to [::1]:443\r\nX-Other: plain\r\n\r\n',
      'first',
    ])
  })

  test('loses nothing that comes right behind the response', async () => {
    const { port } = await scripted(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\n\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbanner',
    )
    const stream = await connect({ proxy: `http://127.0.0.1:${port}`, target: { host: 'a.example', port: 22 } })
    stream.end()
    expect(String(await buffer(stream))).toBe('banner')
  })

  test('reads a response that comes byte by byte', async () => {
    const { port } = await scripted((socket) => {
      socket.once('data', () => {
        const bytes = 'HTTP/1.1 200 OK\r\nA: b\r\n\r\nx'.split('')
        const next = (): void => {
          const byte = bytes.shift()
          if (byte === undefined) return void socket.end()
          socket.write(byte)
          setImmediate(next)
        }
        next()
      })
    })
    const stream = await connect({ proxy: `http://127.0.0.1:${port}`, target: { host: 'a.example', port: 22 } })
    stream.end()
    expect(String(await buffer(stream))).toBe('x')
  })

  test('goes through a chain', async () => {
    const first = await fixture.proxy()
    const second = await fixture.proxy()
    const dial = (target: { host: string; port: number }) => connect({ proxy: `http://127.0.0.1:${first}`, target })
    await expect(greet({ proxy: `http://127.0.0.1:${second}`, dial })).resolves.toBe('hello')
  })

  test.each([
    [403, 'ERR_HTTP_PROXY_REFUSED', 'forbidden'],
    [407, 'ERR_HTTP_PROXY_AUTH', 'forbidden'],
    [502, 'ERR_HTTP_PROXY_REFUSED', 'failed'],
    [503, 'ERR_HTTP_PROXY_REFUSED', 'no-provider'],
    [504, 'ERR_HTTP_PROXY_REFUSED', 'timeout'],
    [302, 'ERR_HTTP_PROXY_REFUSED', 'failed'],
  ])('rejects on status %i with %s and %s', async (status, code, reply) => {
    const { port } = await scripted(`HTTP/1.1 ${status} Sorry\r\nServer: tinyproxy\r\n\r\n<html>`)
    const error = await failure({ proxy: `http://127.0.0.1:${port}` })
    expect(error).toMatchObject({ code, reply, status })
    expect(String(error)).toMatch(`127.0.0.1:${port} (tinyproxy) answered ${status}`)
  })

  test('knows the exact reason that our own proxy gives', async () => {
    const port = await fixture.proxy({}, () =>
      Promise.reject(Object.assign(new Error('no route'), { reply: 'network-unreachable' })),
    )
    await expect(failure({ proxy: `http://127.0.0.1:${port}` })).resolves.toMatchObject({
      status: 502,
      reply: 'network-unreachable',
    })
  })

  test('never shows a password', async () => {
    const port = await fixture.proxy({ accounts: [{ username: 'x', password: 'y' }] })
    const error = await failure({ proxy: `http://ann:hunter2@127.0.0.1:${port}` })
    expect(String(error)).toMatch(/wrong user name or password$/)
    expect(JSON.stringify(error) + String(error)).not.toMatch('hunter2')
  })

  test.each([
    ['something else than HTTP', 'SSH-2.0-x\r\n', 'ERR_HTTP_PROXY_BAD_RESPONSE'],
    ['a head without end', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(20_000)}`, 'ERR_HTTP_PROXY_BAD_RESPONSE'],
    ['nothing', '', 'ERR_HTTP_PROXY_CLOSED'],
    ['half a head', 'HTTP/1.1 200 OK\r\nX: y\r\n', 'ERR_HTTP_PROXY_CLOSED'],
  ])('rejects when the proxy answers %s', async (_what, answer, code) => {
    const { port } = await scripted(answer)
    await expect(failure({ proxy: `http://127.0.0.1:${port}` })).resolves.toMatchObject({ code, reply: 'failed' })
  })

  test('rejects when the proxy cannot be reached', async () => {
    const error = await failure({ proxy: 'http://127.0.0.1:1' })
    expect(error).toMatchObject({ code: 'ERR_HTTP_PROXY_UNREACHABLE', reply: 'failed' })
    expect(error).toHaveProperty('cause.code', 'ECONNREFUSED')
  })

  test('rejects after timeoutMs and closes its connection', async () => {
    let closed: () => void = () => {}
    const gone = new Promise<void>((resolve) => (closed = resolve))
    const { port } = await scripted((socket) => void socket.on('end', () => closed()))
    const error = await failure({ proxy: `http://127.0.0.1:${port}`, timeoutMs: 30 })
    expect(error).toMatchObject({ code: 'ERR_HTTP_PROXY_TIMEOUT', reply: 'timeout' })
    await expect(gone).resolves.toBeUndefined()
  })

  test('rejects with the reason of its signal, before and while it dials', async () => {
    const { port } = await scripted(() => {})
    const controller = new AbortController()
    const pending = failure({ proxy: `http://127.0.0.1:${port}`, signal: controller.signal })
    const reason = new Error('changed my mind')
    setImmediate(() => controller.abort(reason))
    await expect(pending).resolves.toBe(reason)
    await expect(failure({ proxy: `http://127.0.0.1:${port}`, signal: controller.signal })).resolves.toBe(reason)
  })

  test.each([
    [{ proxy: 'socks5://h:1' }, TypeError],
    [{ proxy: 'http://h:1/path' }, TypeError],
    [{ proxy: 'not a url with secret' }, TypeError],
    [{ proxy: { host: 'h', port: 0 } }, RangeError],
    [{ proxy: { host: 'h h', port: 1 } }, TypeError],
    [{ proxy: { host: 'h', port: 1, username: 'a:b' } }, TypeError],
    [{ proxy: 'http://h', target: { host: '', port: 1 } }, TypeError],
    [{ proxy: 'http://h', target: { host: 'a', port: 65_536 } }, RangeError],
    [{ proxy: 'http://h', timeoutMs: 0 }, RangeError],
    [{ proxy: 'http://h', headers: { 'X\r\n': 'y' } }, TypeError],
    [{ proxy: 'http://h', headers: { X: 'y\r\nZ: 1' } }, TypeError],
    [{ proxy: 'http://h', headers: { Host: 'y' } }, TypeError],
  ])('refuses the options %j', async (options, kind) => {
    await expect(connect({ target: { host: 'a.example', port: 1 }, ...options })).rejects.toThrow(kind)
  })
})

describe('connect over TLS', () => {
  const { key, cert } = testCertificate()

  /** Our proxy behind TLS; `alpn` collects the protocols that its clients chose. */
  async function tlsProxy(options: HttpProxyOptions = {}): Promise<{ port: number; alpn: unknown[] }> {
    const proxy = new HttpProxy(options, dialDirect)
    const alpn: unknown[] = []
    const server = createTlsServer({ key, cert, ALPNProtocols: ['http/1.1'] }, (socket: TLSSocket) => {
      alpn.push(socket.alpnProtocol)
      proxy.serve(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    fixture.defer(async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      await proxy.close()
      await closed
    })
    return { port: (server.address() as { port: number }).port, alpn }
  }

  test('reaches a proxy of HTTP/1.1', async () => {
    const { port, alpn } = await tlsProxy()
    const proxy = { host: '127.0.0.1', port, tls: { ca: cert } }
    await expect(Promise.all([greet({ proxy }), greet({ proxy })])).resolves.toEqual(['hello', 'hello'])
    expect(alpn).toEqual(['http/1.1', 'http/1.1'])
  })

  test('rejects a certificate that it does not know', async () => {
    const { port } = await tlsProxy()
    const error = await failure({ proxy: `https://127.0.0.1:${port}` })
    expect(error).toMatchObject({ code: 'ERR_HTTP_PROXY_UNREACHABLE', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
  })

  test('rejects when the proxy does not speak TLS', async () => {
    const port = await fixture.proxy()
    await expect(failure({ proxy: `https://127.0.0.1:${port}` })).resolves.toMatchObject({
      code: 'ERR_HTTP_PROXY_UNREACHABLE',
    })
  })

  test('rejects after timeoutMs when the handshake hangs', async () => {
    const { port } = await scripted(() => {})
    const error = await failure({ proxy: `https://127.0.0.1:${port}`, timeoutMs: 30 })
    expect(error).toMatchObject({ code: 'ERR_HTTP_PROXY_TIMEOUT' })
  })

  test('rejects when the connection closes during the handshake', async () => {
    const { port } = await scripted((socket) => void socket.once('data', () => socket.destroy()))
    const error = await failure({ proxy: `https://127.0.0.1:${port}` })
    expect(error).toMatchObject({ code: 'ERR_HTTP_PROXY_UNREACHABLE' })
  })
})
