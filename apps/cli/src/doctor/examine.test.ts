import { createHash } from 'node:crypto'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttps, type ServerOptions as SecureServerOptions } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import { FakeDns, freePort, tcpServer, testAuthority, type TestCertificate, testCertificate } from '@ls/testkit'
import { keyPinOf, listen, parseServerUrl } from '@ls/transport'
import { afterEach, describe, expect, test } from 'vitest'
import type { Subject } from './examination.js'
import { examine } from './examine.js'
import type { Finding } from './finding.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

type Case = Partial<Omit<Subject, 'url'>> & { readonly url: string }

async function findingsOf({ url, client, ...more }: Case): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const isProvider = client?.role === 'provider'
  const subject: Subject = {
    url: parseServerUrl(url),
    hasToken: true,
    environment: {},
    idleMs: 0,
    speedMs: 0,
    signal: new AbortController().signal,
    ...more,
    client: { url, token: 'right', limits: { handshakeTimeoutMs: 500 }, ...client },
    otherRole: { ...client, url, token: client?.token ?? 'right', role: isProvider ? 'client' : 'provider' },
  }
  await examine(subject, (finding) => void findings.push(finding))
  return findings
}

async function server(options: ServerOptions = {}): Promise<{ port: number; server: LinkSocksServer }> {
  const made = new LinkSocksServer({ host: '127.0.0.1', port: 0, ...options })
  made.addForwardToken('right')
  await made.listen()
  cleanups.push(() => made.close())
  return { port: made.address?.port ?? 0, server: made }
}

async function webServer(answer: RequestListener, tls?: TestCertificate & SecureServerOptions): Promise<number> {
  const made = tls === undefined ? createHttp(answer) : createHttps(tls, answer)
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    made.closeAllConnections()
    made.close()
  })
  return (made.address() as AddressInfo).port
}

function answering(status: number, headers: Record<string, string> = {}): Promise<number> {
  return webServer((_request, response) => response.writeHead(status, headers).end())
}

async function rawServer(onSocket: Parameters<typeof tcpServer>[0]): Promise<number> {
  const made = await tcpServer(onSocket)
  cleanups.push(() => made.close())
  return made.port
}

async function nameServer(...zone: Parameters<typeof FakeDns.start>): Promise<string> {
  const dns = await FakeDns.start(...zone)
  cleanups.push(() => dns.close())
  return dns.address
}

/** Log (protocol.md §1), which never comes first. */
const logMessage = Buffer.from('\x01\x09\0\0\0\x1b{"level":"info","msg":"hi"}', 'latin1')

const hasty = { transport: { dialTimeoutMs: 300 } }

/** A server that opens a WebSocket, sends these bytes, and closes the connection if `end` is set. */
function webSocketThat(bytes: Uint8Array, end = false): Promise<number> {
  return rawServer((socket) => {
    socket.once('data', (request) => {
      const [, key = ''] = /sec-websocket-key: (.+)\r\n/i.exec(String(request)) ?? []
      if (key === '') return socket.end()
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      socket.write(
        `HTTP/1.1 101 x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
      )
      socket.write(bytes)
      if (end) socket.end()
    })
  })
}

/** A frame of RFC 6455 §5.2 without a mask. */
function frame(firstByte: number, payload: string): Uint8Array {
  return Buffer.concat([Buffer.of(firstByte, payload.length), Buffer.from(payload, 'latin1')])
}

/** A relay to a port of this machine; `watch` sees both ends of each connection, and what each of them sends. */
function middlebox(port: number, watch: (socket: Socket, other: Socket) => unknown): Promise<number> {
  return rawServer((near) => {
    const far = connect(port, '127.0.0.1')
    cleanups.push(() => far.destroy())
    watch(near, far)
    watch(far, near)
    pipeline(near, far, near, () => {})
  })
}

interface Fault {
  make(): Promise<Case>
  readonly finds: Partial<Record<keyof Finding, unknown>>
}

const faults: Record<string, Fault> = {
  'a port where nothing listens': {
    make: async () => ({ url: `ws://127.0.0.1:${await freePort()}` }),
    finds: {
      step: 'address',
      level: 'FAIL',
      code: 'ERR_TRANSPORT_REFUSED',
      cure: expect.stringContaining('start the server'),
    },
  },
  'a socket file that is not there': {
    make: async () => ({ url: 'ws+unix:///nonexistent/linksocks.sock' }),
    finds: { step: 'address', level: 'FAIL', code: 'ERR_TRANSPORT_REFUSED' },
  },
  'a port that takes connections and says nothing': {
    make: async () => ({ url: `ws://127.0.0.1:${await rawServer(() => {})}`, client: hasty }),
    finds: { step: 'websocket', level: 'FAIL', code: 'ERR_TRANSPORT_TIMEOUT' },
  },
  'a port that hangs up': {
    make: async () => ({ url: `ws://127.0.0.1:${await rawServer((socket) => socket.resume().end())}` }),
    finds: { step: 'websocket', level: 'FAIL', code: 'ERR_TRANSPORT_CONNECTION_LOST' },
  },
  'another protocol': {
    make: async () => ({ url: `ws://127.0.0.1:${await rawServer((socket) => socket.resume().end('SSH-2.0-x\r\n'))}` }),
    finds: { step: 'websocket', level: 'FAIL', code: 'ERR_TRANSPORT_BAD_ANSWER' },
  },
  'a name that does not exist': {
    make: async () => ({
      url: 'ws://nosuch.test',
      client: { dns: { servers: [await nameServer(() => 'NXDOMAIN')] } },
    }),
    finds: { step: 'names', level: 'FAIL', code: 'ERR_TRANSPORT_DNS', cure: expect.stringContaining('spelling') },
  },
  'a name server that is silent': {
    make: async () => ({
      url: 'ws://some.test',
      client: { dns: { servers: [await nameServer(() => 'silence')], timeoutMs: 200 } },
    }),
    finds: { step: 'names', level: 'FAIL', cure: expect.stringContaining('does not answer') },
  },
  'a second name server that does not know the name': {
    make: async () => ({
      url: `ws://some.test:${(await server()).port}`,
      client: {
        dns: {
          servers: [
            await nameServer((name, type) => (type === 'A' ? [{ type: 'A', name, data: '127.0.0.1' }] : [])),
            await nameServer(() => 'NXDOMAIN'),
          ],
        },
      },
    }),
    finds: { step: 'names', level: 'WARN', text: expect.stringContaining('there is no host some.test') },
  },
  'a self-signed certificate': {
    make: async () => ({ url: `wss://localhost:${(await server({ tls: testCertificate() })).port}` }),
    finds: {
      step: 'tls',
      level: 'FAIL',
      code: 'ERR_TRANSPORT_TLS',
      cure: expect.stringContaining(`--tls-pin ${keyPinOf(testCertificate().cert)}`),
    },
  },
  'a certificate that has ended': {
    make: async () => {
      const authority = testAuthority()
      const tls = authority.issue({ validTo: new Date(Date.now() - 60_000) })
      return {
        url: `wss://localhost:${(await server({ tls })).port}`,
        client: { transport: { tls: { ca: authority.cert } } },
      }
    },
    finds: { step: 'tls', level: 'FAIL', cure: expect.stringContaining('renew it on the server') },
  },
  'a certificate that has ended by a clock that is wrong': {
    make: async () => {
      const authority = testAuthority()
      const tls = authority.issue({ validTo: new Date(Date.now() - 60_000) })
      const date = new Date(Date.now() - 7_200_000).toUTCString()
      const port = await webServer((_request, response) => response.writeHead(200, { date }).end(), tls)
      return { url: `wss://localhost:${port}`, client: { transport: { tls: { ca: authority.cert } } } }
    },
    finds: { step: 'tls', level: 'FAIL', cure: expect.stringContaining('clock is 2 h ahead of') },
  },
  'a certificate for another name': {
    make: async () => {
      const authority = testAuthority()
      const tls = authority.issue({ hosts: ['other.test'] })
      return {
        url: `wss://localhost:${(await server({ tls })).port}`,
        client: { transport: { tls: { ca: authority.cert } } },
      }
    },
    finds: { step: 'tls', level: 'FAIL', cure: expect.stringContaining('other.test') },
  },
  'another key than the one pinned': {
    make: async () => {
      const pin = keyPinOf(testAuthority().cert)
      const port = (await server({ tls: testCertificate() })).port
      return { url: `wss://localhost:${port}`, client: { transport: { tls: { pins: [pin] } } } }
    },
    finds: { step: 'tls', level: 'FAIL', text: expect.stringContaining('someone is in between') },
  },
  'a certificate that its pin alone accepts': {
    make: async () => {
      const tls = testAuthority().issue({ hosts: ['other.test'], validTo: new Date(Date.now() - 60_000) })
      const pins = [keyPinOf(tls.cert)]
      return { url: `wss://localhost:${(await server({ tls })).port}`, client: { transport: { tls: { pins } } } }
    },
    finds: {
      step: 'tls',
      level: 'PASS',
      text: expect.stringMatching(
        /for other\.test, .*; accepted by its pin alone, though it is not for localhost, though it has ended$/,
      ),
    },
  },
  'a certificate about to end': {
    make: async () => {
      const authority = testAuthority()
      const tls = authority.issue()
      return {
        url: `wss://localhost:${(await server({ tls })).port}`,
        client: { transport: { tls: { ca: authority.cert } } },
      }
    },
    finds: { step: 'tls', level: 'WARN', text: expect.stringContaining('ends in') },
  },
  'wss:// to a port without TLS': {
    make: async () => ({ url: `wss://localhost:${(await server()).port}` }),
    finds: { step: 'tls', level: 'FAIL', text: expect.stringContaining('try ws://') },
  },
  'ws:// to a port with TLS': {
    make: async () => ({ url: `ws://localhost:${(await server({ tls: testCertificate() })).port}` }),
    finds: { step: 'websocket', level: 'FAIL', text: expect.stringContaining('use wss://') },
  },
  'a clock that is wrong': {
    make: async () => ({
      url: `ws://127.0.0.1:${await answering(404, { date: new Date(Date.now() + 600_000).toUTCString() })}`,
    }),
    finds: { step: 'clock', level: 'WARN', text: expect.stringMatching(/clock is \d+ s behind/) },
  },
  'a page that is not there': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(404)}` }),
    finds: {
      step: 'websocket',
      level: 'FAIL',
      code: 'ERR_TRANSPORT_UPGRADE_REFUSED',
      text: expect.stringContaining('wrong path?'),
    },
  },
  'a server that admits nobody': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(403, { server: 'nginx' })}` }),
    finds: { step: 'websocket', level: 'FAIL', text: expect.stringContaining('403 Forbidden (nginx): access denied') },
  },
  'a proxy before a server that is down': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(502)}` }),
    finds: { step: 'websocket', level: 'FAIL', text: expect.stringContaining('but not the server behind it') },
  },
  'a proxy that does not pass the upgrade on': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(426)}` }),
    finds: { step: 'websocket', level: 'FAIL', text: expect.stringContaining('Upgrade') },
  },
  'a captive portal': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(200)}` }),
    finds: { step: 'websocket', level: 'FAIL', text: expect.stringContaining('captive portal') },
  },
  'an address that has guessed too often': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(429)}` }),
    finds: { step: 'token', level: 'FAIL', cure: expect.stringContaining('too many wrong tokens') },
  },
  'a redirect to another host': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(301, { location: 'ws://other.test/socket' })}` }),
    finds: { step: 'websocket', level: 'FAIL', code: 'ERR_TRANSPORT_REDIRECTS' },
  },
  'a redirect within the host': {
    make: async () => {
      const { port } = await server()
      return { url: `ws://127.0.0.1:${await answering(301, { location: `ws://127.0.0.1:${port}/socket` })}` }
    },
    finds: { step: 'websocket', level: 'WARN', text: expect.stringMatching(/^redirected to ws:/) },
  },
  'a proxy of the environment that is not there': {
    make: async () => ({
      url: 'ws://server.test',
      environment: { http_proxy: `http://127.0.0.1:${await freePort()}` },
    }),
    finds: { step: 'address', level: 'FAIL', code: 'ERR_TRANSPORT_REFUSED' },
  },
  'a proxy of the environment that wants a password': {
    make: async () => {
      const port = await rawServer((socket) =>
        socket.resume().end('HTTP/1.1 407 Who are you\r\ncontent-length: 0\r\n\r\n'),
      )
      return { url: 'ws://server.test', environment: { http_proxy: `http://127.0.0.1:${port}` } }
    },
    finds: { step: 'proxy', level: 'FAIL', code: 'ERR_TRANSPORT_PROXY', text: expect.stringContaining('407') },
  },
  'an entry of no_proxy that means nothing': {
    make: async () => ({ url: `ws://127.0.0.1:${await freePort()}`, environment: { no_proxy: 'http://x/' } }),
    finds: { step: 'proxy', level: 'WARN', text: expect.stringContaining('no_proxy') },
  },
  'a wrong token': {
    make: async () => ({ url: `ws://127.0.0.1:${(await server()).port}`, client: { token: 'wrong' } }),
    finds: {
      step: 'token',
      level: 'FAIL',
      code: 'ERR_CLIENT_REFUSED',
      cure: expect.stringContaining('does not have this token'),
    },
  },
  'no token': {
    make: async () => ({
      url: `ws://127.0.0.1:${(await server()).port}`,
      client: { token: 'anonymous' },
      hasToken: false,
    }),
    finds: { step: 'token', level: 'FAIL', cure: expect.stringContaining('--token') },
  },
  "a provider's token shown as a client": {
    make: async () => {
      const { port, server: made } = await server()
      made.addReverseToken({ token: 'other' })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'other' } }
    },
    finds: { step: 'token', level: 'FAIL', cure: expect.stringContaining('it is for providers') },
  },
  "a client's token shown as a provider": {
    make: async () => ({ url: `ws://127.0.0.1:${(await server()).port}`, client: { role: 'provider' } }),
    finds: { step: 'token', level: 'FAIL', cure: expect.stringContaining('it is for clients') },
  },
  'a WebSocket that is not LinkSocks': {
    make: async () => {
      const listener = await listen({
        port: 0,
        onTransport: (transport) => void transport.send(logMessage),
      })
      cleanups.push(() => listener.closeAll())
      return { url: `ws://127.0.0.1:${listener.address().port}` }
    },
    finds: { step: 'token', level: 'FAIL', code: 'ERR_CLIENT_HANDSHAKE' },
  },
  'a WebSocket that says nothing': {
    make: async () => {
      const listener = await listen({ port: 0, onTransport: () => {} })
      cleanups.push(() => listener.closeAll())
      return { url: `ws://127.0.0.1:${listener.address().port}`, client: { limits: { handshakeTimeoutMs: 200 } } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('no LinkSocks handshake') },
  },
  'an address without a route': {
    make: async () => ({ url: 'ws://255.255.255.255:1' }),
    finds: { step: 'address', level: 'FAIL', code: 'ERR_TRANSPORT_UNREACHABLE', cure: expect.stringContaining('VPN') },
  },
  'a server that wants a client certificate': {
    make: async () => {
      const authority = testAuthority()
      const tls = { ...authority.issue(), ca: authority.cert, requestCert: true, rejectUnauthorized: true }
      const port = await webServer((_request, response) => response.end(), tls)
      return { url: `wss://localhost:${port}`, client: { transport: { tls: { ca: authority.cert } } } }
    },
    finds: { level: 'FAIL', code: 'ERR_TRANSPORT_TLS', text: expect.stringContaining('client certificate') },
  },
  'a server that speaks an older TLS only': {
    make: async () => {
      const authority = testAuthority()
      const old = {
        ...authority.issue(),
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      } as const
      const port = await webServer((_request, response) => response.end(), old)
      return { url: `wss://localhost:${port}`, client: { transport: { tls: { ca: authority.cert } } } }
    },
    finds: { step: 'tls', level: 'FAIL', code: 'ERR_TRANSPORT_TLS', text: expect.stringContaining('TLS version') },
  },
  'a proxy that does not allow the server': {
    make: async () => {
      const port = await rawServer((socket) => socket.resume().end('HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n'))
      return { url: 'ws://server.test', environment: { http_proxy: `http://127.0.0.1:${port}` } }
    },
    finds: { step: 'proxy', level: 'FAIL', code: 'ERR_TRANSPORT_PROXY', text: expect.stringContaining('403') },
  },
  'a redirect to plain text': {
    make: async () => {
      const authority = testAuthority()
      const answer: RequestListener = (_request, response) =>
        response.writeHead(301, { location: 'ws://localhost:1/socket' }).end()
      const port = await webServer(answer, authority.issue())
      return { url: `wss://localhost:${port}`, client: { transport: { tls: { ca: authority.cert } } } }
    },
    finds: { step: 'websocket', level: 'FAIL', code: 'ERR_TRANSPORT_REDIRECTS' },
  },
  'a redirect in a circle': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(301, { location: '/socket' })}` }),
    finds: { step: 'websocket', level: 'FAIL', code: 'ERR_TRANSPORT_REDIRECTS' },
  },
  'a server with all its links in use': {
    make: async () => ({ url: `ws://127.0.0.1:${await answering(503)}` }),
    finds: {
      step: 'websocket',
      level: 'FAIL',
      code: 'ERR_TRANSPORT_UPGRADE_REFUSED',
      text: expect.stringContaining('503'),
    },
  },
  'a WebSocket that speaks text': {
    make: async () => ({ url: `ws://127.0.0.1:${await webSocketThat(frame(0x81, 'hello'))}` }),
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('no LinkSocks handshake') },
  },
  'a stream that is damaged on the way': {
    make: async () => ({ url: `ws://127.0.0.1:${await webSocketThat(frame(0xf2, 'hello'))}` }),
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('no LinkSocks handshake') },
  },
  'a peer of another protocol version': {
    make: async () => ({ url: `ws://127.0.0.1:${await webSocketThat(frame(0x82, '\x90\x02\x01'))}` }),
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('version') },
  },
  'a link that is cut before the handshake': {
    make: async () => ({ url: `ws://127.0.0.1:${await webSocketThat(new Uint8Array(), true)}` }),
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('no LinkSocks handshake') },
  },
  'a token outside its hours': {
    make: async () => {
      const { port, server: made } = await server()
      const day = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'][(new Date().getUTCDay() + 3) % 7] ?? ''
      made.addForwardToken('late', { policy: { hours: { open: [`${day} 12:00-13:00`], zone: 'UTC' } } })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'late' } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('hour') },
  },
  'a token for other networks': {
    make: async () => {
      const { port, server: made } = await server()
      made.addForwardToken('far', { policy: { sources: ['192.0.2.0/24'] } })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'far' } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('may not be used from 127.0.0.1') },
  },
  'a token that has expired': {
    make: async () => {
      const { port, server: made } = await server()
      made.addForwardToken('old', { policy: { expiresAt: '2020-01-01T00:00:00Z' } })
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'old' } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('expired') },
  },
  'a token with all its links in use': {
    make: async () => {
      const { port, server: made } = await server()
      made.addForwardToken('full', { policy: { maxLinks: 1 } })
      const first = new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 'full', proxy: 'none' })
      await first.start()
      cleanups.push(() => first.close())
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'full' } }
    },
    finds: { step: 'token', level: 'FAIL', text: expect.stringContaining('links of this token') },
  },
  'a token without a provider': {
    make: async () => {
      const { port, server: made } = await server({ limits: { connectorWaitMs: 50 } })
      const { token: reverseToken } = made.addReverseToken({ socksPort: 'none' })
      const token = made.addConnectorToken({ reverseToken })
      return { url: `ws://127.0.0.1:${port}`, client: { token } }
    },
    finds: { step: 'source', level: 'WARN', code: 'ERR_RELAY_NO_PROVIDER', cure: expect.stringContaining('provider') },
  },
  'a token with all its connections in use': {
    make: async () => {
      const { port, server: made } = await server({ exit: { guard: 'none' } })
      made.addForwardToken('busy', { policy: { maxChannels: 1 } })
      const first = new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 'busy', proxy: 'none' })
      await first.start()
      cleanups.push(() => first.close())
      const stream = await first.connect({ host: '127.0.0.1', port: await rawServer(() => {}) })
      // The end of the client resets it.
      stream.on('error', () => {})
      return { url: `ws://127.0.0.1:${port}`, client: { token: 'busy' } }
    },
    finds: { step: 'source', level: 'WARN', code: 'ERR_RELAY_BUSY', cure: expect.stringContaining('raise the limit') },
  },
  'a server that drains': {
    make: async () => {
      const { port, server: made } = await server()
      const first = new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 'right', proxy: 'none' })
      await first.start()
      cleanups.push(() => first.close())
      void made.drain()
      return { url: `ws://127.0.0.1:${port}` }
    },
    finds: { level: 'FAIL', text: expect.stringContaining('drain') },
  },
  'a middlebox that cuts idle links': {
    make: async () => {
      const { port } = await server()
      const cut = await middlebox(port, (socket, other) => socket.setTimeout(1000, () => other.destroy()))
      return { url: `ws://127.0.0.1:${cut}`, idleMs: 8000 }
    },
    finds: { step: 'idle', level: 'WARN', cure: expect.stringContaining('--heartbeat') },
  },
  'a middlebox that cuts links under load': {
    make: async () => {
      const { port } = await server()
      const cut = await middlebox(port, (socket) => {
        let left = 2_000_000
        socket.on('data', ({ length }) => void ((left -= length) < 0 && socket.destroy()))
      })
      return { url: `ws://127.0.0.1:${cut}`, speedMs: 2000 }
    },
    finds: { step: 'throughput', level: 'WARN', text: expect.stringContaining('cut short') },
  },
  'a server without our extension': {
    make: async () => ({ url: `ws://127.0.0.1:${(await server({ extensions: [] })).port}` }),
    finds: { step: 'extension', level: 'WARN', cure: expect.stringContaining('connections end when the link is cut') },
  },
}

describe('examine', () => {
  test.each(Object.entries(faults))('names %s', async (_name, { make, finds }) => {
    expect(await findingsOf(await make())).toContainEqual(expect.objectContaining(finds))
  })

  test('finds nothing wrong with a server that works', async () => {
    const { port } = await server()
    const findings = await findingsOf({ url: `ws://localhost:${port}`, idleMs: 1, speedMs: 50 })
    expect(findings.map(({ step, level }) => `${step} ${level}`)).toEqual([
      'proxy PASS',
      'names PASS',
      'address PASS',
      'tls SKIP',
      'clock PASS',
      'websocket PASS',
      'token PASS',
      'extension PASS',
      'round trip PASS',
      'source PASS',
      'throughput PASS',
      'udp PASS',
      'idle PASS',
    ])
  })

  test('gives the password of an https:// proxy to no server with another certificate', async () => {
    const sent: unknown[] = []
    const impostor = createHttps(testCertificate()).on('connect', ({ headers }, socket) => {
      sent.push(headers['proxy-authorization'])
      socket.destroy()
    })
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
    cleanups.push(() => impostor.close())
    const { port } = impostor.address() as AddressInfo
    const environment = { https_proxy: `https://user:password@localhost:${port}` }
    const findings = await findingsOf({ url: 'wss://server.test', environment })
    const cure = expect.stringContaining('was not looked at') as unknown
    expect({ sent, findings: findings.find(({ step }) => step === 'tls') }).toEqual({
      sent: [],
      findings: expect.objectContaining({ level: 'FAIL', code: 'ERR_TRANSPORT_TLS', cure }) as unknown,
    })
  })

  test('skips what comes after a failure', async () => {
    const findings = await findingsOf({ url: `ws://127.0.0.1:${await freePort()}` })
    expect(findings.filter(({ level }) => level === 'SKIP').map(({ step }) => step)).toEqual([
      'names',
      'tls',
      'clock',
      'websocket',
      'token',
      'extension',
      'round trip',
      'source',
      'throughput',
      'udp',
      'idle',
    ])
  })
})
