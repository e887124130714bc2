import { getEventListeners } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { freePort, RecordingHandler, tcpServer, testCertificate, until, useCleanups } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import type { TransportError } from '../errors.js'
import type { TransportListener } from '../listen/listen-options.js'
import { listen } from '../listen/listen.js'
import type { UpgradeRequest } from '../listen/upgrade-request.js'
import type { WebSocketTransport } from '../websocket/websocket-transport.js'
import { connect, type ConnectOptions } from './connect.js'

const cleanups = useCleanups('leaks')

/** A server that greets each client with one byte, and records its requests. */
async function greeter(): Promise<{ listener: TransportListener; port: number; requests: UpgradeRequest[] }> {
  const requests: UpgradeRequest[] = []
  const listener = await listen({
    port: 0,
    onTransport(transport, request) {
      requests.push(request)
      transport.setHandler(new RecordingHandler())
      transport.send(Uint8Array.of(7))
    },
  })
  cleanups.push(() => listener.closeAll())
  return { listener, port: listener.address().port, requests }
}

/** A plain HTTP server on loopback that answers every request, upgrades included, by `answer`. */
async function webServer(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as { port: number }).port
}

/** A TCP server that calls `onSocket` for each connection. */
async function rawServer(onSocket: Parameters<typeof tcpServer>[0]): Promise<number> {
  const server = await tcpServer(onSocket)
  cleanups.push(() => server.close())
  return server.port
}

async function open(options: ConnectOptions): Promise<WebSocketTransport> {
  const transport = await connect(options)
  cleanups.push(() => transport.destroy())
  return transport
}

function failureOf(options: ConnectOptions): Promise<TransportError> {
  return open(options).then(
    () => expect.fail('connect succeeded'),
    (error: unknown) => error as TransportError,
  )
}

async function firstByte(transport: WebSocketTransport): Promise<number | undefined> {
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  await until(() => handler.messages.length > 0, 'a greeting')
  return handler.messages[0]?.[0]
}

describe('connect', () => {
  test('opens a transport that receives what the server sent first', async () => {
    const { port } = await greeter()
    expect(await firstByte(await open({ url: `ws://127.0.0.1:${port}` }))).toBe(7)
  })

  test('asks for /socket with the query and the headers it was given', async () => {
    const { port, requests } = await greeter()
    await open({ url: `http://127.0.0.1:${port}/?a=1`, headers: { 'X-Name': 'value' } })
    expect(requests[0]).toMatchObject({ path: '/socket', headers: { 'x-name': 'value' } })
  })

  test('names the peer without the token', async () => {
    const { port } = await greeter()
    const { peer } = await open({ url: new URL(`ws://127.0.0.1:${port}/x?token=secret`) })
    expect(peer).toEqual({ address: '127.0.0.1', port, url: `ws://127.0.0.1:${port}/x?token=***` })
  })

  test('finds localhost whichever address family the server has', async () => {
    const { port } = await greeter()
    expect(await firstByte(await open({ url: `ws://localhost:${port}` }))).toBe(7)
  })

  test('speaks TLS and checks the certificate', async () => {
    const port = await tlsFront((await greeter()).port)
    const transport = await open({ url: `wss://localhost:${port}`, tls: { ca: testCertificate().cert } })
    expect(await firstByte(transport)).toBe(7)
  })

  test('takes the connection from the dial option', async () => {
    const { port } = await greeter()
    const asked: unknown[] = []
    const dial: ConnectOptions['dial'] = (target) => {
      asked.push(target)
      return Promise.resolve(connectTcp(port, '127.0.0.1'))
    }
    await open({ url: 'ws://server.test:81', dial, environment: { http_proxy: 'http://127.0.0.1:1' } })
    expect(asked).toEqual([{ host: 'server.test', port: 81 }])
  })

  test("passes the dial option's own error on", async () => {
    const error = new Error('no way')
    await expect(open({ url: 'ws://server.test', dial: () => Promise.reject(error) })).rejects.toBe(error)
  })

  test.each([
    [{ dialTimeoutMs: 0 }, RangeError],
    [{ maxRedirects: -1 }, RangeError],
    [{ highWaterBytes: 0 }, RangeError],
    [{ maxMessageBytes: 2 ** 31 }, RangeError],
    [{ headers: { 'bad name': 'x' } }, TypeError],
    [{ headers: { name: 'bad\nvalue' } }, TypeError],
  ])('rejects the options %j at once', async (options, type) => {
    await expect(open({ url: 'ws://127.0.0.1:1', ...options })).rejects.toThrow(type)
  })
})

describe('connect fails with', () => {
  test('ERR_TRANSPORT_BAD_URL for a text that is no URL', async () => {
    expect((await failureOf({ url: 'ftp://x' })).code).toBe('ERR_TRANSPORT_BAD_URL')
  })

  test('ERR_TRANSPORT_REFUSED, naming the place, when nothing listens', async () => {
    const port = await freePort()
    expect(await failureOf({ url: `ws://127.0.0.1:${port}` })).toMatchObject({
      code: 'ERR_TRANSPORT_REFUSED',
      message: expect.stringContaining(`127.0.0.1:${port}: nothing listens there`) as unknown,
      cause: { code: 'ECONNREFUSED' },
    })
  })

  test('ERR_TRANSPORT_DNS for a host that does not exist', async () => {
    expect((await failureOf({ url: 'ws://does-not-exist.invalid', dialTimeoutMs: 15_000 })).code).toBe(
      'ERR_TRANSPORT_DNS',
    )
  })

  test.each([
    [404, 'nginx/1.22', /answered 404 Not Found \(nginx\/1\.22\): wrong path\?/],
    [400, undefined, /answered 400 Bad Request: .*Upgrade and Connection headers/],
    [426, undefined, /proxy_set_header Upgrade/],
    [401, undefined, /credentials/],
    [403, 'cloudflare', /\(cloudflare\): access denied/],
    [502, undefined, /not the server behind it: is that one running\?(?!\.)/],
    [503, undefined, /try again later/],
    [504, undefined, /not the server behind it/],
    [418, undefined, /does not open a WebSocket/],
    [200, undefined, /captive portal/],
  ])('ERR_TRANSPORT_UPGRADE_REFUSED and the likely cause for status %d of %s', async (status, server, message) => {
    const port = await webServer((_request, response) => {
      response.writeHead(status, server === undefined ? {} : { Server: server }).end('<html>')
    })
    expect(await failureOf({ url: `ws://127.0.0.1:${port}` })).toMatchObject({
      code: 'ERR_TRANSPORT_UPGRADE_REFUSED',
      status,
      message: expect.stringMatching(message) as unknown,
    })
  })

  test('the text of a refusal, cut and without control characters', async () => {
    const port = await webServer((_request, response) => {
      response.writeHead(403, { 'Content-Type': 'text/plain' }).end(`only\r\n\u001bstaff${'!'.repeat(100_000)}`)
    })
    const { message } = await failureOf({ url: `ws://127.0.0.1:${port}` })
    expect(message).toMatch(/It said: only staff!{100,200}…$/)
  })

  test('a refusal without its text when that never ends', async () => {
    const port = await webServer((_request, response) => {
      response.writeHead(403, { 'Content-Type': 'text/plain' }).write('x'.repeat(600))
    })
    expect((await failureOf({ url: `ws://127.0.0.1:${port}` })).status).toBe(403)
  })

  test('ERR_TRANSPORT_BAD_ANSWER when the other end speaks no HTTP', async () => {
    const port = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))
    expect((await failureOf({ url: `ws://127.0.0.1:${port}` })).code).toBe('ERR_TRANSPORT_BAD_ANSWER')
  })

  test('ERR_TRANSPORT_BAD_ANSWER when 101 comes with the wrong key', async () => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    const port = await rawServer((socket) => socket.write(`${head}Sec-WebSocket-Accept: wrong\r\n\r\n`))
    expect((await failureOf({ url: `ws://127.0.0.1:${port}` })).code).toBe('ERR_TRANSPORT_BAD_ANSWER')
  })

  test('ERR_TRANSPORT_CONNECTION_LOST when the server hangs up', async () => {
    const port = await rawServer((socket) => socket.once('data', () => socket.destroy()))
    expect((await failureOf({ url: `ws://127.0.0.1:${port}` })).code).toBe('ERR_TRANSPORT_CONNECTION_LOST')
  })

  test('ERR_TRANSPORT_TLS and the cure for a self-signed certificate', async () => {
    const port = await tlsFront(await freePort())
    expect(await failureOf({ url: `wss://localhost:${port}` })).toMatchObject({
      code: 'ERR_TRANSPORT_TLS',
      message: expect.stringContaining(
        'give the pin that the server printed (--tls-pin), or its issuer (--tls-ca) (DEPTH_ZERO_SELF_SIGNED_CERT)',
      ) as unknown,
    })
  })

  test('ERR_TRANSPORT_TLS for a certificate of another name', async () => {
    const port = await tlsFront(await freePort())
    const tls = { ca: testCertificate().cert, servername: 'other.test' }
    expect((await failureOf({ url: `wss://localhost:${port}`, tls })).message).toMatch(/another name.*ALTNAME_INVALID/)
  })

  test('ERR_TRANSPORT_TLS and a hint at ws:// when the other end speaks no TLS', async () => {
    const { port } = await greeter()
    expect((await failureOf({ url: `wss://127.0.0.1:${port}` })).message).toContain('try ws:// instead')
  })

  test('ERR_TRANSPORT_TLS when the connection ends during the handshake', async () => {
    const port = await rawServer((socket) => socket.once('data', () => socket.end()))
    expect((await failureOf({ url: `wss://127.0.0.1:${port}` })).code).toBe('ERR_TRANSPORT_TLS')
  })

  test.each([
    ['ws', 'waiting for ws://127.0.0.1'],
    ['wss', 'setting up TLS with 127.0.0.1'],
  ])('ERR_TRANSPORT_TIMEOUT, saying what it waited for, when a %s server is mute', async (scheme, stage) => {
    const port = await rawServer((socket) => socket.resume())
    expect(await failureOf({ url: `${scheme}://127.0.0.1:${port}`, dialTimeoutMs: 1000 })).toMatchObject({
      code: 'ERR_TRANSPORT_TIMEOUT',
      message: expect.stringContaining(`no answer within 1000 ms while ${stage}`) as unknown,
    })
  })

  test('ERR_TRANSPORT_TIMEOUT when the dial option takes too long, whose late stream is destroyed', async () => {
    let deliver: (stream: ReturnType<typeof connectTcp>) => void
    const late = new Promise<ReturnType<typeof connectTcp>>((resolve) => (deliver = resolve))
    const { code } = await failureOf({ url: 'ws://server.test', dialTimeoutMs: 50, dial: () => late })
    const stream = connectTcp((await greeter()).port, '127.0.0.1')
    deliver!(stream)
    await until(() => stream.destroyed, 'the stream to be destroyed')
    expect(code).toBe('ERR_TRANSPORT_TIMEOUT')
  })
})

describe('connect with a signal', () => {
  test('aborted before rejects with its reason', async () => {
    const reason = new Error('changed my mind')
    await expect(open({ url: 'ws://127.0.0.1:1', signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  test('aborted while dialling rejects with its reason and aborts the dial option', async () => {
    const controller = new AbortController()
    let inner: AbortSignal | undefined
    const dial: ConnectOptions['dial'] = (_target, { signal }) => {
      inner = signal
      controller.abort('enough')
      return new Promise(() => {})
    }
    const result = await failureOf({ url: 'ws://server.test', dial, signal: controller.signal })
    expect({ result, aborted: inner?.aborted }).toEqual({ result: 'enough', aborted: true })
  })

  test.each(['ws', 'wss'])('aborted while a %s server is mute rejects with its reason', async (scheme) => {
    const controller = new AbortController()
    const port = await rawServer((socket) => socket.once('data', () => controller.abort('enough')))
    expect(await failureOf({ url: `${scheme}://127.0.0.1:${port}`, signal: controller.signal })).toBe('enough')
  })

  test('aborted between two steps destroys the connection it has', async () => {
    const controller = new AbortController()
    const stream = connectTcp((await greeter()).port, '127.0.0.1')
    const dialled = Promise.resolve(stream)
    void dialled.then(() => controller.abort('enough'))
    const result = await failureOf({ url: 'ws://server.test', dial: () => dialled, signal: controller.signal })
    expect({ result, destroyed: stream.destroyed }).toEqual({ result: 'enough', destroyed: true })
  })

  test('is not listened to afterwards', async () => {
    const { signal } = new AbortController()
    const { port } = await greeter()
    await open({ url: `ws://127.0.0.1:${port}`, signal })
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('does not close the transport when it is aborted after the end', async () => {
    const controller = new AbortController()
    const { port } = await greeter()
    const transport = await open({ url: `ws://127.0.0.1:${port}`, signal: controller.signal })
    controller.abort()
    expect(await firstByte(transport)).toBe(7)
  })
})

describe('connect and redirects', () => {
  /** Answers each request with the next of `locations`. */
  const redirector = (status: number, ...locations: string[]): Promise<number> =>
    webServer((_request, response) => response.writeHead(status, { Location: locations.shift() ?? '/again' }).end())

  test.each([301, 302, 303, 307, 308])('follows %d, with query and headers on the same host', async (status) => {
    const { port, requests } = await greeter()
    const from = await redirector(status, `http://127.0.0.1:${port}/socket`)
    await open({ url: `ws://127.0.0.1:${from}/socket?token=hash`, headers: { Authorization: 'Basic xyz' } })
    expect({ token: requests[0]?.query.get('token'), authorization: requests[0]?.headers.authorization }).toEqual({
      token: 'hash',
      authorization: 'Basic xyz',
    })
  })

  test('gives another host neither headers nor credentials', async () => {
    const { port, requests } = await greeter()
    const from = await redirector(302, `http://localhost:${port}/socket?token=given`)
    await open({ url: `ws://u:pw@127.0.0.1:${from}/socket?token=hash`, headers: { Authorization: 'x', 'X-Key': 'y' } })
    const { headers, query } = requests[0]!
    expect({ authorization: headers.authorization, xKey: headers['x-key'], token: query.get('token') }).toEqual({
      authorization: undefined,
      xKey: undefined,
      token: 'given',
    })
  })

  test('refuses to give another host the token', async () => {
    const from = await redirector(302, 'http://localhost:1/socket')
    const { code, status } = await failureOf({ url: `ws://127.0.0.1:${from}/socket?token=hash` })
    expect({ code, status }).toEqual({ code: 'ERR_TRANSPORT_REDIRECTS', status: 302 })
  })

  test('follows five', async () => {
    const { port } = await greeter()
    const from = await redirector(302, '/1', '/2', '/3', '/4', `http://127.0.0.1:${port}/`)
    expect((await open({ url: `ws://127.0.0.1:${from}` })).peer.port).toBe(port)
  })

  test('leaves no connection to the place that redirected', async () => {
    const { port } = await greeter()
    const server = await tcpServer((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${port}/\r\n\r\n`))
      socket.on('end', () => socket.end())
    })
    cleanups.push(() => server.close())
    await open({ url: `ws://127.0.0.1:${server.port}` })
    await expect(until(() => server.sockets.size === 0, 'the end of the first connection')).resolves.toBeUndefined()
  })

  test('gives up at the sixth', async () => {
    const from = await redirector(302)
    expect(await failureOf({ url: `ws://127.0.0.1:${from}` })).toMatchObject({
      code: 'ERR_TRANSPORT_REDIRECTS',
      message: expect.stringContaining('again after 5, the limit') as unknown,
    })
  })

  test('follows none with maxRedirects 0', async () => {
    const from = await redirector(302)
    expect((await failureOf({ url: `ws://127.0.0.1:${from}`, maxRedirects: 0 })).code).toBe('ERR_TRANSPORT_REDIRECTS')
  })

  test('treats 302 without a location as a refusal', async () => {
    const from = await webServer((_request, response) => response.writeHead(302).end())
    expect((await failureOf({ url: `ws://127.0.0.1:${from}` })).code).toBe('ERR_TRANSPORT_UPGRADE_REFUSED')
  })
})

/** TLS in front of a plain port on loopback, with the test certificate. */
async function tlsFront(port: number): Promise<number> {
  const { createServer: createTlsServer } = await import('node:tls')
  const server = createTlsServer(testCertificate(), (socket) => {
    const inner = connectTcp(port, '127.0.0.1')
    socket.on('error', () => inner.destroy())
    inner.on('error', () => socket.destroy())
    inner.on('close', () => socket.destroy())
    socket.on('close', () => inner.destroy())
    socket.pipe(inner).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => void server.close())
  return (server.address() as { port: number }).port
}
