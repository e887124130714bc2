import type { RequestListener } from 'node:http'
import { freePort, testAuthority, testCertificate } from '@ls/testkit'
import { keyPinOf } from '@ls/transport'
import { expect } from 'vitest'
import { answering, type Fault, nameServer, rawServer, server, webServer } from './stage.js'

/** Gives a port up soon that says nothing, though not before a busy machine has opened the connection. */
const hasty = { transport: { dialTimeoutMs: 1000 } }

/** Faults on the way to the server, up to an open WebSocket. */
export const pathFaults: Record<string, Fault> = {
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
}
