import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { LinkSocksClient } from '@ls/client'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import {
  echoServer,
  httpServer,
  onceEvent,
  requireProgram,
  seededBytes,
  seededDigest,
  tcpServer,
  until,
} from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { startCdn } from './cdn.js'
import {
  addressSeen,
  clientHost,
  dial,
  download,
  fromThere,
  pair,
  placeOf,
  startClient,
  startServer,
  tls,
  wholeDownload,
} from './linked-behind.js'
import { startHaproxy, startNginx } from './middleboxes.js'
import { temporaryFolder } from './temporary-folder.js'

describe.skipIf(requireProgram('nginx') === undefined)('behind nginx', () => {
  const trusting: ServerOptions = { path: '/tunnel', trustedProxies: ['127.0.0.1'] }

  test.each(['ws', 'wss'] as const)('a download over %s at a path of its own is whole', async (scheme) => {
    const server = await startServer(trusting)
    const { plainPort, tlsPort } = await startNginx(placeOf(server), pair)
    const port = scheme === 'ws' ? plainPort : tlsPort
    const client = await startClient(`${scheme}://localhost:${port}/tunnel`, { transport: { tls } })
    expect(await download(client)).toBe(wholeDownload)
  })

  test('the server sees the client by X-Forwarded-For', async () => {
    const server = await startServer(trusting)
    const { plainPort } = await startNginx(placeOf(server), pair)
    // A field that the client itself sends has no effect.
    const transport = { dial: fromThere, headers: { 'X-Forwarded-For': '203.0.113.1', Forwarded: 'for=203.0.113.1' } }
    await startClient(`ws://127.0.0.1:${plainPort}/tunnel`, { transport })
    expect(await addressSeen(server)).toBe(clientHost)
  })

  test('the server may be at a UNIX socket', async () => {
    const path = join(await temporaryFolder(), 'l.sock')
    const server = await startServer({ ...trusting, host: `unix:${path}`, trustedProxies: ['unix'] })
    const { plainPort } = await startNginx(`unix:${path}`, pair)
    const client = await startClient(`ws://127.0.0.1:${plainPort}/tunnel`, { transport: { dial: fromThere } })
    expect({ download: await download(client), addressSeen: await addressSeen(server) }).toEqual({
      download: wholeDownload,
      addressSeen: clientHost,
    })
  })

  test('other paths show the site', async () => {
    const server = await startServer(trusting)
    const { plainPort } = await startNginx(placeOf(server), pair)
    expect(await (await fetch(`http://127.0.0.1:${plainPort}/`)).text()).toBe('a site\n')
  })

  test('a config without the Upgrade headers is named in the error', async () => {
    const server = await startServer(trusting)
    const { plainPort } = await startNginx(placeOf(server), pair)
    const start = startClient(`ws://127.0.0.1:${plainPort}/broken`)
    await expect(start).rejects.toThrow('proxy_set_header Upgrade $http_upgrade')
  })
})

describe.skipIf(requireProgram('haproxy') === undefined)('behind haproxy', () => {
  const trusting: ServerOptions = { proxyProtocol: true, trustedProxies: ['127.0.0.1'] }

  test.each(['v1Port', 'v2Port'] as const)(
    'a download with the PROXY protocol is whole, and the client known (%s)',
    async (name) => {
      const server = await startServer(trusting)
      const ports = await startHaproxy({ server: placeOf(server) }, pair)
      const client = await startClient(`ws://127.0.0.1:${ports[name]}`, { transport: { dial: fromThere } })
      expect({ download: await download(client), addressSeen: await addressSeen(server) }).toEqual({
        download: wholeDownload,
        addressSeen: clientHost,
      })
    },
  )

  test.each(['v1Port', 'v2Port'] as const)(
    'TLS that goes through it to us is whole, and the client known (%s)',
    async (name) => {
      const server = await startServer({ ...trusting, tls: pair })
      const ports = await startHaproxy({ server: placeOf(server) }, pair)
      const client = await startClient(`wss://localhost:${ports[name]}`, { transport: { dial: fromThere, tls } })
      expect({ download: await download(client), addressSeen: await addressSeen(server) }).toEqual({
        download: wholeDownload,
        addressSeen: clientHost,
      })
    },
  )

  test('TLS that ends there is whole, and the client known', async () => {
    const server = await startServer(trusting)
    const { tlsPort } = await startHaproxy({ server: placeOf(server) }, pair)
    const client = await startClient(`wss://localhost:${tlsPort}`, { transport: { dial: fromThere, tls } })
    expect({ download: await download(client), addressSeen: await addressSeen(server) }).toEqual({
      download: wholeDownload,
      addressSeen: clientHost,
    })
  })

  test.each(['v1', 'v2'] as const)(
    'as a target it gets the address of the client from sendProxy %s',
    async (sendProxy) => {
      const target = closing(await httpServer())
      const server = await startServer({ exit: { sendProxy } })
      const { acceptPort } = await startHaproxy({ server: placeOf(server), target: `127.0.0.1:${target.port}` }, pair)
      const client = await startClient(`ws://${placeOf(server)}`, { transport: { dial: fromThere } })
      expect(await headersSeen(client, acceptPort)).toMatchObject({ 'x-forwarded-for': clientHost })
    },
  )

  test('as a target of a provider it gets no address of the client', async () => {
    const target = closing(await httpServer())
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const reverse = server.addReverseToken({ socksPort: 'none' }).token
    const connector = server.addConnectorToken({ reverseToken: reverse })
    await server.listen()
    const { acceptPort } = await startHaproxy({ server: placeOf(server), target: `127.0.0.1:${target.port}` }, pair)
    await startClient(`ws://${placeOf(server)}`, { token: reverse, role: 'provider', exit: { sendProxy: 'v2' } })
    const client = await startClient(`ws://${placeOf(server)}`, { token: connector })
    // Without it, the address is that of the connection: the provider's.
    expect(await headersSeen(client, acceptPort)).toMatchObject({ 'x-forwarded-for': '127.0.0.1' })
  })
})

/** Returns the request headers that the web server behind `port` receives. */
async function headersSeen(client: LinkSocksClient, port: number): Promise<unknown> {
  const socket = await dial(client, port)
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  socket.resume().write('GET /headers HTTP/1.1\r\nHost: target\r\nConnection: close\r\n\r\n')
  await onceEvent(socket, 'end', { timeoutMs: 15_000 })
  return JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? '{}')
}

describe('behind a CDN', () => {
  test('a download continues over several links, and is complete', async () => {
    const server = await startServer()
    const cdn = await startCdn({ serverPort: server.address?.port ?? 0, idleMs: 10_000, lifeMs: 400 })
    const client = await startClient(`ws://127.0.0.1:${cdn.port}`, { reconnect: {} })
    const links: boolean[] = []
    client.on('linkUp', (resumed) => links.push(resumed))
    const chunks = 64
    const target = closing(await pacedServer(chunks, 50))
    expect(await download(client, target.port)).toBe(seededDigest(1, chunks * 65_536))
    expect({ cut: cdn.cuts.old >= 3, links: links.every(Boolean) }).toEqual({ cut: true, links: true })
  })

  test('a link is not idle for as long as the heartbeat is quicker', async () => {
    const server = await startServer({ heartbeat: false })
    const cdn = await startCdn({ serverPort: server.address?.port ?? 0, idleMs: 3000, lifeMs: 600_000 })
    const url = `ws://127.0.0.1:${cdn.port}`
    const client = await startClient(url, { heartbeat: { periodMs: 200, timeoutMs: 60_000 } })
    const socket = await dial(client, closing(await echoServer()).port)
    // Two links without heartbeat, one after the other, are cut meanwhile.
    for (let cuts = 1; cuts <= 2; cuts++) {
      await startClient(url, { heartbeat: false })
      await until(() => cdn.cuts.idle === cuts, 'the cut of an idle link', { timeoutMs: 15_000 })
    }
    expect({ echo: await echoOf(socket), idle: cdn.cuts.idle }).toEqual({ echo: 'hello', idle: 2 })
  })

  test('a link without heartbeat is cut, and what runs over it lives on', async () => {
    const server = await startServer({ heartbeat: false })
    const cdn = await startCdn({ serverPort: server.address?.port ?? 0, idleMs: 200, lifeMs: 600_000 })
    const client = await startClient(`ws://127.0.0.1:${cdn.port}`, { reconnect: {}, heartbeat: false })
    const socket = await dial(client, closing(await echoServer()).port)
    await until(() => cdn.cuts.idle >= 3, 'three cuts', { timeoutMs: 15_000 })
    expect(await echoOf(socket)).toBe('hello')
  })
})

async function echoOf(socket: Duplex): Promise<string> {
  const echoed = onceEvent(socket, 'data', { timeoutMs: 15_000 })
  socket.resume().write('hello')
  return String((await echoed)[0])
}

/** Sends `chunks` times 64 KiB to each client, one every `everyMs`, and then ends. */
function pacedServer(chunks: number, everyMs: number) {
  return tcpServer((socket) => {
    const bytes = seededBytes(1)
    let left = chunks
    const timer = setInterval(() => {
      socket.write(bytes.take(65_536))
      left--
      if (left > 0) return
      clearInterval(timer)
      socket.end()
    }, everyMs)
    socket.resume().once('close', () => clearInterval(timer))
  })
}
