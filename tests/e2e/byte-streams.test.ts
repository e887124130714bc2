import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { LinkSocksClient } from '@ls/client'
import type { Account } from '@ls/relay'
import { LinkSocksServer } from '@ls/server'
import {
  byteServer,
  freePort,
  onceEvent,
  requireProgram,
  seededDigest,
  tcpServer,
  testCertificate,
  until,
} from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { socksConnect, SocksReplyError, UdpAssociation } from '../interop/socks-client.js'
import { download, transferSeed, transferServer, upload } from '../interop/transfer.js'
import { afterTest, closing } from '../stress/cleanup.js'
import { proxyNet, type ProxyNet } from '../stress/proxy-net.js'
import { account } from './upstream-programs.js'
import { type Inside, startV2rayClient, startV2rayServer, type V2rayOptions } from './v2ray.js'

const path = '/tunnel'
const certificate = testCertificate()
const right = `${account.username}:${account.password}`
const bulkBytes = 200 * 1024 * 1024
const bulkTimeoutMs = 120_000

interface Place {
  readonly port: number
}

/** A connection to `target` through the SOCKS port at `proxy`. */
async function open(proxy: Place, target: Place, host = '127.0.0.1'): Promise<Socket> {
  const socket = await socksConnect(proxy.port, host, target.port)
  afterTest(() => socket.destroy())
  return socket
}

/**
 * Sends bytes to a target and back, in both directions one after the other; returns the received and the expected ones.
 */
async function exchange(proxy: Place, bytes: number) {
  const target = closing(await transferServer())
  const got = [await download(await open(proxy, target), bytes), await upload(await open(proxy, target), bytes)]
  return { got, expected: Array.from({ length: 2 }, () => seededDigest(transferSeed, bytes)) }
}

/** A forward net whose client accepts byte streams, and their address. */
async function streamNet(secure: boolean): Promise<ProxyNet & Place> {
  const port = await freePort()
  const net = await proxyNet('forward', {
    client: {
      proxy: {
        listen: [`${secure ? 'wss' : 'ws'}://127.0.0.1:${port}${path}`, '127.0.0.1:0'],
        tls: certificate,
        accounts: [account],
      },
    },
  })
  return { ...net, port }
}

const transports = [
  { scheme: 'ws', secure: false },
  { scheme: 'wss', secure: true },
]
const combinations = transports.flatMap((transport) =>
  (['socks', 'http'] as const).map((inside) => ({ ...transport, inside })),
)

describe.skipIf(requireProgram('v2ray') === undefined)('v2ray as a client of ours', () => {
  async function clientOf(options: Omit<V2rayOptions, 'path'>): Promise<Place> {
    const { port } = await streamNet(options.secure)
    return { port: await startV2rayClient(port, { path, ...options }) }
  }

  test.each(combinations)('gets through by $inside over $scheme, both ways', async ({ inside, secure }) => {
    const { got, expected } = await exchange(await clientOf({ inside, secure }), 1_000_000)
    expect(got).toEqual(expected)
  })

  test.each(transports)(
    'carries 200 MiB each way over $scheme',
    async ({ secure }) => {
      const { got, expected } = await exchange(await clientOf({ inside: 'socks', secure }), bulkBytes)
      expect(got).toEqual(expected)
    },
    bulkTimeoutMs,
  )
})

describe.skipIf(requireProgram('v2ray') === undefined)('v2ray as a server of ours', () => {
  const upstreamTls = { ca: certificate.cert }
  const urlOf = (inside: Inside, scheme: string, port: number): string =>
    `${scheme}+${inside === 'http' ? 'http' : 'socks5'}://${right}@localhost:${port}${path}`

  async function netThrough(inside: Inside, scheme: string): Promise<Place> {
    const port = await startV2rayServer({ inside, secure: scheme === 'wss', path })
    const net = await proxyNet('forward', {
      server: { exit: { upstreams: [urlOf(inside, scheme, port)], upstreamTls } },
    })
    return net.socks
  }

  test.each(combinations)('is gone through by $inside over $scheme, both ways', async ({ inside, scheme }) => {
    const { got, expected } = await exchange(await netThrough(inside, scheme), 1_000_000)
    expect(got).toEqual(expected)
  })

  test.each(transports)(
    'carries 200 MiB each way over $scheme',
    async ({ scheme }) => {
      const { got, expected } = await exchange(await netThrough('socks', scheme), bulkBytes)
      expect(got).toEqual(expected)
    },
    bulkTimeoutMs,
  )
})

/** A server with a proxy port of its own for byte streams, without any client, and its address. */
async function ownPort(accounts: readonly Account[] = []) {
  const proxy = { listen: [`ws://127.0.0.1:0${path}`], accounts }
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, proxy }))
  const listening = onceEvent(server, 'socksListening')
  await server.listen()
  const [address] = (await listening) as [{ webSocket: Place }]
  return { server, port: address.webSocket.port }
}

describe.skipIf(requireProgram('v2ray') === undefined)('v2ray as a client of a server alone', () => {
  test.each(['socks', 'http'] as const)('gets through by %s, both ways', async (inside) => {
    const { port } = await ownPort([account])
    const client = { port: await startV2rayClient(port, { path, inside, secure: false }) }
    const { got, expected } = await exchange(client, 1_000_000)
    expect(got).toEqual(expected)
  })

  test.each([
    ['another account', path, [{ username: 'bob', password: 'other' }]],
    ['another path', '/elsewhere', [account]],
  ])('gets nowhere with %s', async (_name, clientPath, accounts) => {
    const { port } = await ownPort(accounts)
    const client = { port: await startV2rayClient(port, { path: clientPath, inside: 'socks', secure: false }) }
    // The program reports success before it has connected, and then closes.
    await expect(exchange(client, 1000)).rejects.toThrow(/ended/)
  })
})

describe('byte streams between two of ours', () => {
  /** A forward net whose exit goes through the port of another server. */
  async function netThrough(query: string): Promise<ProxyNet> {
    const { port } = await ownPort()
    return proxyNet('forward', { server: { exit: { upstreams: [`ws+socks5://127.0.0.1:${port}${path}${query}`] } } })
  }

  test.each(['', '?ed=2048', '?ed=2'])('carry 1 MB each way with "%s"', async (query) => {
    const { socks } = await netThrough(query)
    const { got, expected } = await exchange(socks, 1_000_000)
    expect(got).toEqual(expected)
  })

  test('hold a target back while the reader takes nothing', async () => {
    const { socks } = await netThrough('')
    const target = closing(await byteServer({ sendBytes: bulkBytes }))
    await open(socks, target)
    await until(() => target.sockets.size > 0, 'the connection')
    const [socket] = target.sockets
    let sent = -1
    while (sent !== socket?.bytesWritten) {
      sent = socket?.bytesWritten ?? 0
      await delay(500)
    }
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  test('pass a reset on as a reset, not as an end', async () => {
    const { socks } = await netThrough('')
    const target = closing(
      await tcpServer((socket) =>
        socket.write('the first half', () => socket.once('data', () => socket.resetAndDestroy())),
      ),
    )
    const socket = await open(socks, target)
    let ended = false
    socket.on('end', () => (ended = true)).on('error', () => {})
    await onceEvent(socket.resume(), 'data')
    socket.write('go')
    await onceEvent(socket, 'close', { timeoutMs: 15_000 })
    expect({ ended, errored: socket.errored }).toMatchObject({ ended: false, errored: { code: 'ECONNRESET' } })
  })

  test('refuse UDP immediately', async () => {
    const { socks } = await netThrough('')
    await expect(UdpAssociation.open(socks.port)).rejects.toEqual(new SocksReplyError(0x02))
  })

  test('tell why a target is not reached', async () => {
    const { socks } = await netThrough('?ed=2048')
    await expect(open(socks, { port: await freePort() })).rejects.toEqual(new SocksReplyError(0x05))
  })
})

describe('a link with early data', () => {
  /** Links through a URL; returns the client's request and the result. */
  async function linked(url: (port: number) => string) {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const token = server.addForwardToken()
    await server.listen()
    const port = server.address?.port ?? 0
    const heads: string[] = []
    const between = closing(
      await tcpServer((near) => {
        const far = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true })
        afterTest(() => far.destroy())
        near.once('data', (head) => heads.push(String(head)))
        far.on('error', () => near.destroy()).on('close', () => near.destroy())
        near.on('close', () => far.destroy())
        near.pipe(far).pipe(near)
      }),
    )
    const client = closing(new LinkSocksClient({ url: url(between.port), token, proxy: { port: 0 } }))
    await client.start()
    return { server, client, heads, between, token }
  }

  test('shows its token in no URL, and works', async () => {
    const { client, heads, token } = await linked((port) => `ws://127.0.0.1:${port}?ed=2048`)
    const { got, expected } = await exchange({ port: client.socksAddress?.port ?? 0 }, 1_000_000)
    expect(got).toEqual(expected)
    const [, early = ''] = /^sec-websocket-protocol: (\S+)$/im.exec(heads[0] ?? '') ?? []
    expect({
      inUrl: /^GET .*token/.test(heads[0] ?? ''),
      inEarlyData: Buffer.from(early, 'base64url').includes(token),
    }).toEqual({ inUrl: false, inEarlyData: true })
  })

  test('continues its session after a cut, with Resume in the next request', async () => {
    const { client, heads, between } = await linked((port) => `ws://127.0.0.1:${port}?ed=2048`)
    // The server has the session once it has served something on it.
    await exchange({ port: client.socksAddress?.port ?? 0 }, 1)
    const back = onceEvent(client, 'linkUp', { timeoutMs: 15_000 })
    for (const socket of between.sockets) socket.destroy()
    expect(await back).toEqual([true])
    expect(heads[1]).toMatch(/^sec-websocket-protocol: [\w-]+,[\w-]+\r$/im)
  })
})
