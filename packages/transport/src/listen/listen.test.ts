import { request as httpRequest } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { silentLogger } from '@ls/foundation'
import { onceEvent, RecordingHandler, tcpServer, until, useCleanups } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { connect, type ConnectOptions } from '../connect/connect.js'
import type { TransportError } from '../errors.js'
import type { WebSocketTransport } from '../websocket/websocket-transport.js'
import type { ListenOptions, TransportListener } from './listen-options.js'
import { listen } from './listen.js'
import type { UpgradeRequest } from './upgrade-request.js'

const cleanups = useCleanups('leaks')

async function start(options: Partial<ListenOptions> = {}): Promise<TransportListener> {
  const onTransport = (transport: WebSocketTransport): void => transport.setHandler(new RecordingHandler())
  const listener = await listen({ port: 0, onTransport, ...options })
  cleanups.push(() => listener.closeAll())
  return listener
}

async function open(listener: TransportListener, path = '/socket', options: Partial<ConnectOptions> = {}) {
  const transport = await connect({ url: `ws://127.0.0.1:${listener.address().port}${path}`, ...options })
  cleanups.push(() => transport.destroy())
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  return { transport, handler }
}

const failureOf = (
  opening: Promise<unknown>,
): Promise<Error & { readonly code: string; readonly status?: number | undefined }> =>
  opening.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => error as TransportError,
  )

/** Sends raw bytes and collects the answer until the server ends the connection. */
async function answerTo(listener: TransportListener, bytes: string): Promise<string> {
  const socket = connectTcp(listener.address().port, '127.0.0.1')
  cleanups.push(() => void socket.destroy())
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  socket.on('error', () => {})
  socket.write(bytes)
  await onceEvent(socket, 'close')
  return answer
}

const upgrade = 'GET /socket HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'

describe('listen', () => {
  test('says where it listens when it was free to choose', async () => {
    const { host, port } = (await start()).address()
    expect({ host, hasPort: port > 0 }).toEqual({ host: '127.0.0.1', hasPort: true })
  })

  test('rejects a port that is taken with a ListenError that names it', async () => {
    const { port } = (await start()).address()
    expect(await failureOf(start({ port }))).toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(
        `cannot listen on 127.0.0.1:${port}: the port is in use by another program`,
      ) as unknown,
    })
  })

  test('refuses a heartbeat that cannot be kept before it listens', async () => {
    await expect(start({ heartbeat: { periodMs: 60_000 } })).rejects.toThrow(
      'heartbeat.timeoutMs is 45000; it must be more than heartbeat.periodMs, which is 60000',
    )
  })

  test.each([
    ['192.0.2.1', 'EADDRNOTAVAIL'],
    ['does-not-exist.invalid', 'ENOTFOUND'],
  ])('rejects %s with %s', async (host, code) => {
    expect((await failureOf(start({ host }))).code).toBe(code)
  })

  test.each([
    { port: 65_536 },
    { port: 1.5 },
    { maxLinks: 0 },
    { maxHeadBytes: 1 },
    { headTimeoutMs: 0 },
    { unproven: { messageBytes: 0, totalBytes: 4096 } },
    { unproven: { messageBytes: 1024, totalBytes: Number.NaN } },
  ])('rejects %o with a RangeError', async (options) => {
    await expect(start(options)).rejects.toThrow(RangeError)
  })

  test("rejects with an aborted signal's reason", async () => {
    await expect(start({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
  })

  test('gives up when the signal aborts meanwhile', async () => {
    const controller = new AbortController()
    const listening = start({ signal: controller.signal })
    controller.abort('enough')
    await expect(listening).rejects.toBe('enough')
  })

  test('hands over each link with what its client asked for', async () => {
    const requests: UpgradeRequest[] = []
    const listener = await start({ onTransport: (_transport, request) => void requests.push(request) })
    await open(listener, '/some%20where?token=x&reverse=true', { headers: { 'X-Name': 'value' } })
    expect(requests[0]).toMatchObject({
      path: '/some%20where',
      remoteAddress: '127.0.0.1',
      headers: { 'x-name': 'value' },
    })
    expect(Object.fromEntries(requests[0]!.query)).toEqual({ token: 'x', reverse: 'true' })
  })

  test('closes a link with 1011 when onTransport throws', async () => {
    const listener = await start({
      onTransport() {
        throw new Error('oops')
      },
    })
    const { handler } = await open(listener)
    await until(() => handler.closes.length > 0, 'onClose')
    expect(handler.closes[0]).toEqual({ code: 1011, reason: 'the server failed' })
  })
})

describe('listen before the upgrade', () => {
  test('authorize refuses with a status and a text', async () => {
    const listener = await start({
      authorize: ({ path }) => (path === '/no' ? { status: 403, text: 'not you' } : undefined),
    })
    const error = await failureOf(open(listener, '/no'))
    expect({ status: error.status, message: error.message }).toEqual({
      status: 403,
      message: expect.stringContaining('It said: not you') as string,
    })
  })

  test('authorize lets in whom it does not refuse', async () => {
    const listener = await start({ authorize: () => undefined })
    await open(listener)
    expect(listener.transports.size).toBe(1)
  })

  test('authorize that throws answers 500 and keeps the error to itself', async () => {
    const listener = await start({
      authorize() {
        throw new Error('secret')
      },
    })
    const error = await failureOf(open(listener))
    expect({ status: error.status, includesSecret: error.message.includes('secret') }).toEqual({
      status: 500,
      includesSecret: false,
    })
  })

  test("authorize that throws is logged under the name that pino's loggers know", async () => {
    const logged: unknown[] = []
    const logger = { ...silentLogger, error: (fields: object) => void logged.push(fields) }
    const failure = new Error('secret')
    const listener = await start({
      logger,
      authorize() {
        throw failure
      },
    })
    await failureOf(open(listener))
    expect(logged).toEqual([{ err: failure }])
  })

  test('more than maxLinks get 503', async () => {
    const listener = await start({ maxLinks: 1 })
    await open(listener)
    expect((await failureOf(open(listener))).status).toBe(503)
  })

  test('a link that ends makes room for another', async () => {
    const listener = await start({ maxLinks: 1 })
    const { transport } = await open(listener)
    transport.destroy()
    await until(() => listener.transports.size === 0, 'the end of the first')
    await open(listener)
    expect(listener.transports.size).toBe(1)
  })

  test.each([
    ['without a key', `${upgrade}Sec-WebSocket-Version: 13\r\n\r\n`, 400],
    [
      'of another version',
      `${upgrade}Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      400,
    ],
    [
      'with a body',
      `${upgrade}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nContent-Length: 2\r\n\r\n`,
      400,
    ],
    ['by POST', `${upgrade.replace('GET', 'POST')}\r\n`, 405],
    ['to another protocol', `${upgrade.replace('websocket', 'h2c')}\r\n`, 400],
    ['that is no HTTP', 'hello\r\n\r\n', 400],
    ['with too long a head', `${upgrade}X: ${'x'.repeat(9000)}\r\n\r\n`, 431],
  ])('an upgrade %s is answered %#', async (_name, bytes, status) => {
    expect(await answerTo(await start(), bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  test.each([
    ['half a head', upgrade],
    ['nothing', ''],
  ])('a client that sends %s is cut at headTimeoutMs', async (_name, bytes) => {
    expect(await answerTo(await start({ headTimeoutMs: 100 }), bytes)).toMatch(/^HTTP\/1.1 408 |^$/)
  })

  test('a plain request hears that Upgrade is missing', async () => {
    expect(await get(await start())).toEqual({
      status: 426,
      body: expect.stringContaining('dropped the Upgrade header') as unknown,
    })
  })

  test('onRequest answers plain requests', async () => {
    const listener = await start({ onRequest: (_request, response) => void response.end('hello') })
    expect(await get(listener)).toEqual({ status: 200, body: 'hello' })
  })

  test('onRequest that throws answers 500', async () => {
    const listener = await start({
      onRequest() {
        throw new Error('oops')
      },
    })
    expect((await get(listener)).status).toBe(500)
  })
})

describe('TransportListener', () => {
  test('close frees the port and keeps the links open', async () => {
    const listener = await start()
    const { port } = listener.address()
    const { transport, handler } = await open(listener)
    await listener.close()
    await start({ port })
    const [server] = listener.transports
    server?.send(Uint8Array.of(1))
    await until(() => handler.messages.length > 0, 'a message over the old link')
    transport.destroy()
    expect(listener.transports.size).toBe(1)
  })

  test.each([
    ['half a head', upgrade],
    ['half a body', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf'],
  ])('close cuts a connection that has sent %s', async (_name, bytes) => {
    const listener = await start({
      onRequest: (request, response) => void (request.method === 'GET' ? response.end() : request.resume()),
    })
    const socket = connectTcp(listener.address().port, '127.0.0.1')
    cleanups.push(() => void socket.destroy())
    socket.on('error', () => {})
    socket.resume().write(bytes)
    await onceEvent(socket, 'connect')
    // What a later client gets shows that the listener has read the bytes.
    await get(listener)
    const closed = onceEvent(socket, 'close')
    await listener.close()
    await expect(closed).resolves.toEqual([false])
  })

  test('closeAll gives every peer the reason and waits for the last', async () => {
    const listener = await start()
    const links = [await open(listener), await open(listener)]
    await listener.closeAll({ code: 1012, reason: 'new version' })
    await until(() => links.every(({ handler }) => handler.closes.length > 0), 'both closes')
    expect({
      transports: listener.transports.size,
      links: links.map(({ handler }) => handler.closes[0]?.reason),
    }).toEqual({ transports: 0, links: ['new version', 'new version'] })
  })

  test('closeAll cuts a peer that does not answer', async () => {
    const listener = await start({ closeTimeoutMs: 50 })
    const mute = await handmadeLink(listener)
    await until(() => listener.transports.size === 1, 'the link')
    await listener.closeAll()
    mute.destroy()
    expect(listener.transports.size).toBe(0)
  })

  test('closeAll and close may be called again', async () => {
    const listener = await start()
    await open(listener)
    await Promise.all([listener.closeAll(), listener.closeAll(), listener.close()])
    expect(listener.transports.size).toBe(0)
  })

  test('address of a closed listener is a TypeError', async () => {
    const listener = await start()
    await listener.close()
    expect(() => listener.address()).toThrow(TypeError)
  })

  test('a listener does not get in the way of a server that is no WebSocket', async () => {
    const other = await tcpServer((socket) => socket.end())
    cleanups.push(() => other.close())
    expect((await failureOf(start({ port: other.port }))).code).toBe('EADDRINUSE')
  })
})

/** A client that opens a WebSocket without this package, and does not read. */
async function handmadeLink(listener: TransportListener): Promise<Socket> {
  const socket = connectTcp(listener.address().port, '127.0.0.1')
  cleanups.push(() => void socket.destroy())
  socket.write(`${upgrade}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`)
  await onceEvent(socket, 'connect')
  return socket
}

function get(listener: TransportListener): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port: listener.address().port, host: '127.0.0.1', agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode, body }))
    })
    request.on('error', reject)
    request.end()
  })
}
