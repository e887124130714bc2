import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { freePort, RecordingHandler, testCertificate, until, useCleanups } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { TransportError } from '../errors.js'
import { listen } from '../listen/listen.js'
import { connect, type ConnectOptions } from './connect.js'

const cleanups = useCleanups('leaks')

interface TestProxy {
  readonly port: number
  /** Target and Proxy-Authorization of each CONNECT. */
  readonly requests: { target: string | undefined; authorization: string | undefined }[]
}

async function listening(server: Server | ReturnType<typeof createTlsServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => void server.close())
  return (server.address() as { port: number }).port
}

function join(a: Socket | TLSSocket, b: Socket): void {
  for (const [from, to] of [[a, b] as const, [b, a] as const]) {
    from.on('error', () => to.destroy())
    from.on('close', () => to.destroy())
    from.pipe(to)
  }
}

/** An HTTP proxy for CONNECT that resolves every name to loopback, or answers with `refusal`. */
async function httpProxy(options: { refusal?: string; secure?: boolean } = {}): Promise<TestProxy> {
  const requests: TestProxy['requests'] = []
  const server = options.secure === true ? createSecureServer(testCertificate()) : createServer()
  server.on('connect', (request, client: Socket) => {
    requests.push({ target: request.url, authorization: request.headers['proxy-authorization'] })
    client.on('error', () => client.destroy())
    if (options.refusal !== undefined) return client.end(options.refusal)
    const upstream = connectTcp(Number(request.url?.split(':').at(-1)), '127.0.0.1')
    upstream.on('error', () => client.destroy())
    upstream.on('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      join(client, upstream)
    })
  })
  return { port: await listening(server), requests }
}

/** A server that greets each client with one byte, plain or behind TLS. */
async function greeter(secure = false): Promise<number> {
  const listener = await listen({
    port: 0,
    onTransport(transport) {
      transport.setHandler(new RecordingHandler())
      transport.send(Uint8Array.of(7))
    },
  })
  cleanups.push(() => listener.closeAll())
  const { port } = listener.address()
  return secure ? listening(createTlsServer(testCertificate(), (socket) => join(socket, connectTcp(port)))) : port
}

async function greeting(options: ConnectOptions): Promise<number | undefined> {
  const transport = await connect({ tls: { ca: testCertificate().cert }, ...options })
  cleanups.push(() => transport.destroy())
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  await until(() => handler.messages.length > 0, 'a greeting')
  return handler.messages[0]?.[0]
}

const failureOf = (options: ConnectOptions): Promise<TransportError> =>
  greeting(options).then(
    () => expect.fail('connect succeeded'),
    (error: unknown) => error as TransportError,
  )

test('connect goes through http_proxy, which looks up the name', async () => {
  const proxy = await httpProxy()
  const port = await greeter()
  await greeting({ url: `ws://server.test:${port}`, environment: { http_proxy: `127.0.0.1:${proxy.port}` } })
  expect(proxy.requests).toEqual([{ target: `server.test:${port}`, authorization: undefined }])
})

test('connect goes through https_proxy with TLS inside the tunnel', async () => {
  const proxy = await httpProxy()
  const port = await greeter(true)
  const environment = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }
  expect(await greeting({ url: `wss://server.test:${port}`, environment })).toBe(7)
})

test('connect reaches a proxy by TLS, with TLS inside TLS', async () => {
  const proxy = await httpProxy({ secure: true })
  const port = await greeter(true)
  const environment = { https_proxy: `https://127.0.0.1:${proxy.port}` }
  expect(await greeting({ url: `wss://server.test:${port}`, environment })).toBe(7)
})

test('connect gives a proxy its user name and password, decoded', async () => {
  const proxy = await httpProxy()
  const port = await greeter()
  const environment = { http_proxy: `http://user:p%40s%s@127.0.0.1:${proxy.port}` }
  await greeting({ url: `ws://server.test:${port}`, environment })
  expect(proxy.requests[0]?.authorization).toBe(`Basic ${Buffer.from('user:p@s%s').toString('base64')}`)
})

test('connect uses no proxy when told so', async () => {
  const port = await greeter()
  const environment = { http_proxy: 'http://127.0.0.1:1' }
  const dialled = greeting({ url: `ws://localhost.localdomain:${port}`, environment, proxyFromEnvironment: false })
  // The name need not exist: the test is that the proxy, which refuses, was not used.
  await expect(dialled.catch((error: unknown) => (error as TransportError).code)).resolves.not.toBe(
    'ERR_TRANSPORT_PROXY',
  )
})

test('connect goes direct where no_proxy says so', async () => {
  const environment = { http_proxy: 'http://127.0.0.1:1', no_proxy: '127.0.0.0/8,192.0.2.1' }
  const { code } = await failureOf({ url: 'ws://192.0.2.1', environment, dialTimeoutMs: 100 })
  expect(code).not.toBe('ERR_TRANSPORT_PROXY')
})

test.each([
  ['HTTP/1.1 407 Proxy Authentication Required\r\n\r\n', 407, /requires a user name and password/],
  ['HTTP/1.1 403 Forbidden\r\n\r\n', 403, /does not allow this target/],
  ['HTTP/1.1 502 Bad Gateway\r\n\r\n', 502, /cannot reach the target/],
  ['HTTP/1.1 418 Teapot\r\n\r\n', 418, /answered 418 Teapot: no tunnel/],
  ['garbage\r\n\r\n', undefined, /Parse Error/],
])('connect reports a proxy that answers %j', async (refusal, status, message) => {
  const proxy = await httpProxy({ refusal })
  const environment = { http_proxy: `http://user:secret@127.0.0.1:${proxy.port}` }
  const error = await failureOf({ url: 'ws://server.test', environment })
  expect(error).toMatchObject({
    code: 'ERR_TRANSPORT_PROXY',
    status,
    message: expect.stringMatching(message) as unknown,
  })
  expect(error.message).not.toContain('secret')
})

test('connect reports a proxy that is not there', async () => {
  const environment = { http_proxy: `http://127.0.0.1:${await freePort()}` }
  expect(await failureOf({ url: 'ws://server.test', environment })).toMatchObject({
    code: 'ERR_TRANSPORT_PROXY',
    message: expect.stringMatching(/from the environment.*nothing listens there/) as unknown,
  })
})

test('connect refuses a SOCKS proxy in the environment instead of going round it', async () => {
  const { code, message } = await failureOf({
    url: 'ws://server.test',
    environment: { ALL_PROXY: 'socks5://127.0.0.1:1' },
  })
  expect({ code, message }).toEqual({
    code: 'ERR_TRANSPORT_PROXY',
    message: expect.stringContaining('socks5:// proxy') as string,
  })
})

test('connect gives up a mute proxy at the deadline', async () => {
  const server = createServer()
  server.on('connect', (_request, client: Socket) => cleanups.push(() => void client.destroy()))
  const environment = { http_proxy: `http://127.0.0.1:${await listening(server)}` }
  expect(await failureOf({ url: 'ws://server.test', environment, dialTimeoutMs: 1000 })).toMatchObject({
    code: 'ERR_TRANSPORT_TIMEOUT',
    message: expect.stringMatching(/while waiting for the proxy 127.0.0.1:\d+ to reach server.test:80/) as unknown,
  })
})
