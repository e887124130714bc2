import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { onceEvent, socketEnd, tcpServer, testAuthority, testCertificate } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Started {
  readonly server: LinkSocksServer
  readonly url: string
  readonly http: number
  readonly https: number
}

async function start(options: ServerOptions = {}): Promise<Started> {
  const hosts = { expose: { allowHosts: ['*.example'], httpPort: 0, httpsPort: 0 } }
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, ...hosts, ...options })
  for (const token of ['one', 'two']) server.addReverseToken({ token, socksPort: 'none' })
  await server.listen()
  cleanups.push(() => server.close())
  const [http = 0, https = 0] = server.exposed.hostPorts
  return { server, url: `${options.tls === undefined ? 'ws' : 'wss'}://localhost:${server.address?.port}`, http, https }
}

async function provide(url: string, token: string, ...exposes: string[]): Promise<LinkSocksClient> {
  const tls = { ca: testCertificate().cert }
  const client = new LinkSocksClient({ url, token, role: 'provider', exposes, transport: { tls } })
  cleanups.push(() => client.close())
  let left = exposes.length
  const exposed = new Promise<void>((resolve, reject) => {
    client.on('exposed', () => --left === 0 && resolve())
    client.on('exposeRefused', (_exposure, reason) => reject(new Error(reason)))
  })
  await client.start()
  await exposed
  return client
}

async function site(answer: RequestListener, secure = false): Promise<number> {
  const server = secure ? createSecureServer(testAuthority('Site').issue(), answer) : createServer(answer)
  server.listen(0, '127.0.0.1')
  await onceEvent(server, 'listening')
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as { port: number }).port
}

/** A site that answers with its name and the request. */
function named(name: string): Promise<number> {
  return site(({ method, url, headers }, response) => {
    response.end(JSON.stringify({ name, method, url, headers }))
  })
}

async function get(port: number, host: string, path = '/', headers: Record<string, string> = {}) {
  const sent = request({ port, host: '127.0.0.1', path, headers: { host, ...headers }, agent: false })
  sent.end()
  const [answer] = (await onceEvent(sent, 'response')) as [IncomingMessage]
  return { status: answer.statusCode, body: await text(answer) }
}

/** Sends raw bytes; resolves with the answer. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1')
  cleanups.push(() => socket.destroy())
  socket.end(bytes)
  return text(socket)
}

describe('provider --expose http:NAME', () => {
  test('routes requests to the target, and reports the visitor', async () => {
    const { url, http } = await start()
    await provide(url, 'one', `http:app.example=127.0.0.1:${await named('app')}`)
    const spoofed = { 'x-forwarded-for': '6.6.6.6', connection: 'close, x-private', 'x-private': '1' }
    const { body } = await get(http, 'App.Example:8080', '/a?b', spoofed)
    expect(JSON.parse(body)).toMatchObject({
      name: 'app',
      url: '/a?b',
      headers: {
        host: 'App.Example:8080',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'App.Example:8080',
        'x-forwarded-proto': 'http',
      },
    })
    expect(body).not.toContain('x-private')
  })

  test('routes each request of a connection by its own host', async () => {
    const { url, http } = await start()
    await provide(url, 'one', `http:a.example=127.0.0.1:${await named('site a')}`)
    await provide(url, 'two', `http:b.example=127.0.0.1:${await named('site b')}`)
    const ask = (host: string, more = ''): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`
    const socket = connectTcp(http, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.write(ask('a.example') + ask('b.example') + ask('a.example', 'Connection: close\r\n'))
    const answers = await text(socket)
    expect(answers.match(/site [ab]/g)).toEqual(['site a', 'site b', 'site a'])
  })

  test('answers 404 for an unknown name, and 400 without a name', async () => {
    const { url, http } = await start()
    await provide(url, 'one', `http:a.example=127.0.0.1:${await named('a')}`)
    expect((await get(http, 'other.example')).status).toBe(404)
    expect(await raw(http, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await raw(http, 'GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })

  test.each([
    ['two Host fields', 'GET / HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n'],
    ['CONNECT', 'CONNECT a.example:80 HTTP/1.1\r\nHost: a.example\r\n\r\n'],
  ])('answers 400 to %s', async (_what, bytes) => {
    const { url, http } = await start()
    await provide(url, 'one', `http:a.example=127.0.0.1:${await named('a')}`)
    expect(await raw(http, bytes)).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('answers 502 where the target is not there', async () => {
    const { url, http } = await start()
    await provide(url, 'one', 'http:a.example=127.0.0.1:1')
    expect((await get(http, 'a.example')).status).toBe(502)
  })

  test('resets an answer whose end is all that frames it when the server closes', async () => {
    const { server, url, http } = await start()
    const half = await site((_request, response) => void response.writeHead(200, { connection: 'close' }).write('half'))
    await provide(url, 'one', `http:a.example=127.0.0.1:${half}`)
    const socket = connectTcp(http, '127.0.0.1')
    socket.write('GET / HTTP/1.0\r\nHost: a.example\r\n\r\n')
    await onceEvent(socket, 'data')
    void server.close()
    expect(await socketEnd(socket)).toBe('ECONNRESET')
  })

  test('takes the providers of a token in turn', async () => {
    const { url, http } = await start()
    for (const name of ['first', 'second']) await provide(url, 'one', `http:a.example=127.0.0.1:${await named(name)}`)
    const bodies = [await get(http, 'a.example'), await get(http, 'a.example')].map(({ body }) => body)
    const names = ['first', 'second'].filter((name) => bodies.some((body) => body.includes(`"name":"${name}"`)))
    expect(names).toEqual(['first', 'second'])
  })

  test('tells a provider that another token has the name', async () => {
    const { url } = await start()
    await provide(url, 'one', 'http:a.example=127.0.0.1:1')
    await expect(provide(url, 'two', 'http:a.example=127.0.0.1:1')).rejects.toThrow('exposed for another token')
  })

  test('gives no name to a provider whom a relay lets in without a token', async () => {
    const { url } = await start({ relay: {} })
    await expect(provide(url, 'anonymous', 'http:app.example=127.0.0.1:1')).rejects.toThrow('is not allowed')
  })

  test('passes upgrades on, and the bytes after them', async () => {
    const { url, http } = await start()
    const server = createServer().on('upgrade', (_request, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
      socket.pipe(socket)
    })
    server.listen(0, '127.0.0.1')
    await onceEvent(server, 'listening')
    cleanups.push(() => server.close())
    await provide(url, 'one', `http:a.example=127.0.0.1:${(server.address() as { port: number }).port}`)
    const upgrade = 'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n'
    const answer = await raw(http, `${upgrade}hello`)
    expect(answer).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nhello$/)
  })

  test('begins connections with the PROXY protocol where it says so', async () => {
    const { url, http } = await start()
    const target = await tcpServer((socket) => {
      socket.once('data', (bytes: Buffer) => {
        const body = bytes.toString().split('\r\n', 1)[0] ?? ''
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      })
    })
    cleanups.push(() => target.close())
    await provide(url, 'one', `http:a.example=127.0.0.1:${target.port},proxy=v1`)
    expect((await get(http, 'a.example')).body).toMatch(/^PROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ \d+$/)
  })

  test('ends TLS with the certificate of the server', async () => {
    const { url, https } = await start({ tls: testCertificate() })
    await provide(url, 'one', `http:a.example=127.0.0.1:${await named('a')}`)
    const options = { host: '127.0.0.1', port: https, servername: 'localhost', ca: testCertificate().cert }
    const socket = connectTls(options)
    cleanups.push(() => socket.destroy())
    socket.write('GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n')
    expect(await text(socket)).toContain('"x-forwarded-proto":"https"')
  })
})

describe('provider --expose tls:NAME', () => {
  test('passes TLS on to the target, whose certificate the visitor sees', async () => {
    const { url, https } = await start()
    const port = await site((_request, response) => response.end('behind'), true)
    await provide(url, 'one', `tls:b.example=127.0.0.1:${port}`)
    const socket = connectTls({ host: '127.0.0.1', port: https, servername: 'b.example', rejectUnauthorized: false })
    cleanups.push(() => socket.destroy())
    await onceEvent(socket, 'secureConnect')
    expect(socket.getPeerCertificate().issuer.CN).toBe('Site')
    socket.write('GET / HTTP/1.1\r\nHost: b.example\r\nConnection: close\r\n\r\n')
    expect(await text(socket)).toContain('behind')
  })

  test('refuses an unknown name with an alert', async () => {
    const { https } = await start()
    const socket = connectTls({ host: '127.0.0.1', port: https, servername: 'no.example' })
    cleanups.push(() => socket.destroy())
    const [error] = (await onceEvent(socket, 'error').catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ERR_SSL_TLSV1_UNRECOGNIZED_NAME')
  })
})

test('a drain lets the upgraded connections of a website go on', async () => {
  const { server, url, http } = await start()
  const app = createServer().listen(0, '127.0.0.1')
  app.on('upgrade', (_request, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
    socket.on('error', () => {}).pipe(socket)
  })
  await onceEvent(app, 'listening')
  cleanups.push(() => app.close())
  await provide(url, 'one', `http:app.example=127.0.0.1:${(app.address() as { port: number }).port}`)
  const visitor = connectTcp(http, '127.0.0.1').on('error', () => {})
  cleanups.push(() => visitor.destroy())
  visitor.write('GET / HTTP/1.1\r\nHost: app.example\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
  await onceEvent(visitor, 'data')
  void server.drain()
  visitor.write('still there')
  expect(String((await onceEvent(visitor, 'data'))[0])).toBe('still there')
})

test.each(['http', 'https'] as const)(
  'unauthenticated connections at the %s port are cut for newer ones until they send a request',
  async (kind) => {
    const started = await start({ limits: { maxPendingPerAddress: 1 }, tls: testCertificate() })
    const visit = async () => {
      const socket = connectTcp(started[kind], '127.0.0.1')
        .on('error', () => {})
        .resume()
      cleanups.push(() => socket.destroy())
      await onceEvent(socket, 'connect')
      return socket
    }
    const gone = onceEvent(await visit(), 'close')
    const newer = await visit()
    await gone
    expect(newer.closed).toBe(false)
  },
)
