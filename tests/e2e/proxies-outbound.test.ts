import { createHash } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { LinkSocksClient, type ForwardClientOptions } from '@ls/client'
import { LinkSocksServer, type ServerOptions } from '@ls/server'
import type { SocksError } from '@ls/socks5'
import { connect, createServer } from '@ls/socks5/node'
import { byteServer, freePort, requireProgram, seededDigest, tcpServer, testCertificate, until } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { SocksReplyError, UdpAssociation } from '../interop/socks-client.js'
import { afterTest, closing } from '../stress/cleanup.js'
import { proxyNet } from '../stress/proxy-net.js'
import { udpEcho } from './udp-echo.js'
import { account, startDante, startMicrosocks, startNghttpx, startTinyproxy, startV2ray } from './upstream-programs.js'

const sizeBytes = 1_000_000
const digest = seededDigest(1, sizeBytes)
const right = `${account.username}:${account.password}`
const wrong = `${account.username}:wrong`

/** Downloads through the server and its proxies, and returns the hash; rejects with the proxy client's error. */
async function download(server: ServerOptions, { host = '127.0.0.1', port }: { host?: string; port?: number } = {}) {
  const target = { host, port: port ?? closing(await byteServer({ sendBytes: sizeBytes })).port }
  const { socks } = await proxyNet('forward', { server })
  const socket = await connect({ proxy: { ...socks }, target })
  afterTest(() => socket.destroy())
  const hash = createHash('sha256')
  for await (const chunk of socket) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** Returns how a download failed, as a word of SOCKS. */
function failure(...options: Parameters<typeof download>): Promise<string | undefined> {
  return download(...options).then(
    () => 'nothing failed',
    (error: unknown) => (error as SocksError).reply,
  )
}

const through = (...upstreams: readonly string[]): ServerOptions => ({ exit: { upstreams } })
const isMissing = (...names: readonly string[]): boolean =>
  names.map((name) => requireProgram(name)).includes(undefined)

interface ProxyProgram {
  readonly title: string
  readonly programs: readonly string[]
  readonly scheme: string
  readonly start: () => Promise<number>
  /** Result of a wrong account: HTTP has a status for it, SOCKS closes the connection. */
  readonly wrongAccount: string
  /** Result of a closed port behind the program: programs report it in different detail. */
  readonly closedPort: string
}

const programs: readonly ProxyProgram[] = [
  {
    title: 'microsocks',
    programs: ['microsocks'],
    scheme: 'socks5',
    start: startMicrosocks,
    wrongAccount: 'host-unreachable',
    closedPort: 'refused',
  },
  {
    title: 'dante',
    programs: ['danted', 'cc', 'openssl'],
    scheme: 'socks5h',
    start: () => startDante({ login: true }),
    wrongAccount: 'host-unreachable',
    closedPort: 'refused',
  },
  {
    title: "v2ray's SOCKS",
    programs: ['v2ray'],
    scheme: 'socks5',
    start: () => startV2ray('socks'),
    wrongAccount: 'host-unreachable',
    // The program reports success before it has connected.
    closedPort: 'nothing failed',
  },
  {
    title: 'tinyproxy',
    programs: ['tinyproxy'],
    scheme: 'http',
    start: () => startTinyproxy({ login: true }),
    wrongAccount: 'forbidden',
    closedPort: 'host-unreachable',
  },
  {
    title: "v2ray's HTTP",
    programs: ['v2ray'],
    scheme: 'http',
    start: () => startV2ray('http'),
    wrongAccount: 'forbidden',
    closedPort: 'nothing failed',
  },
]

describe.each(programs)(
  'an outbound through $title',
  ({ programs: needed, scheme, start, wrongAccount, closedPort }) => {
    const missing = isMissing(...needed)
    let port = 0
    beforeEach(async () => {
      if (!missing) port = await start()
    })

    test.skipIf(missing)('downloads with the right account', async () => {
      expect(await download(through(`${scheme}://${right}@127.0.0.1:${port}`))).toBe(digest)
    })

    test.skipIf(missing)('reaches a target by name', async () => {
      expect(await download(through(`${scheme}://${right}@127.0.0.1:${port}`), { host: 'localhost' })).toBe(digest)
    })

    test.skipIf(missing)('fails with a wrong account', async () => {
      expect(await failure(through(`${scheme}://${wrong}@127.0.0.1:${port}`))).toBe(wrongAccount)
    })

    test.skipIf(missing)('reports a closed port as the program does', async () => {
      const closed = { port: await freePort() }
      expect(await failure(through(`${scheme}://${right}@127.0.0.1:${port}`), closed)).toBe(closedPort)
    })

    test.skipIf(missing)('reaches the LinkSocks server through it', async () => {
      const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
      const token = server.addForwardToken()
      await server.listen()
      const serverProxies = [`${scheme}://${right}@127.0.0.1:${port}`]
      const client = await startClient(server, { token, serverProxies })
      expect(client.sessions).toHaveLength(1)
    })
  },
)

describe.skipIf(isMissing('danted'))('an outbound through dante without a password', () => {
  test.each(['socks4', 'socks5'])('downloads with %s', async (scheme) => {
    expect(await download(through(`${scheme}://127.0.0.1:${await startDante({ login: false })}`))).toBe(digest)
  })

  test('reaches a target by name with socks4, which has no room for one', async () => {
    const proxy = `socks4://127.0.0.1:${await startDante({ login: false })}`
    expect(await download(through(proxy), { host: 'localhost' })).toBe(digest)
  })
})

describe.skipIf(isMissing('nghttpx', 'tinyproxy'))('an outbound through nghttpx', () => {
  const upstreamTls = { ca: testCertificate().cert }

  async function startBoth(): Promise<string> {
    return `https://localhost:${await startNghttpx(await startTinyproxy({ login: false }))}`
  }

  test('downloads over HTTP/2', async () => {
    expect(await download({ exit: { upstreams: [await startBoth()], upstreamTls } })).toBe(digest)
  })

  test('carries eight concurrent tunnels', async () => {
    const { port } = closing(await byteServer({ sendBytes: sizeBytes }))
    const { socks } = await proxyNet('forward', { server: { exit: { upstreams: [await startBoth()], upstreamTls } } })
    const digests = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const socket = await connect({ proxy: { ...socks }, target: { host: '127.0.0.1', port } })
        const hash = createHash('sha256')
        for await (const chunk of socket) hash.update(chunk as Buffer)
        socket.destroy()
        return hash.digest('hex')
      }),
    )
    expect(new Set(digests)).toEqual(new Set([digest]))
  })

  test('fails where the certificate is not trusted', async () => {
    expect(await failure(through(await startBoth()))).toBe('host-unreachable')
  })
})

describe.skipIf(isMissing('microsocks', 'tinyproxy', 'v2ray'))('an outbound through a chain', () => {
  test('goes through SOCKS, HTTP and SOCKS in turn', async () => {
    const first = await startMicrosocks()
    const second = await startTinyproxy({ login: true })
    const third = await startV2ray('socks')
    const chain = [
      `socks5://${right}@127.0.0.1:${first}`,
      `http://${right}@127.0.0.1:${second}`,
      `socks5://${right}@127.0.0.1:${third}`,
    ]
    expect(await download(through(...chain))).toBe(digest)
  })

  test('fails when the second hop refuses us', async () => {
    const chain = [
      `socks5://${right}@127.0.0.1:${await startMicrosocks()}`,
      `http://${wrong}@127.0.0.1:${await startTinyproxy({ login: true })}`,
    ]
    expect(await failure(through(...chain))).toBe('forbidden')
  })
})

describe('UDP', () => {
  async function exchange(server: ServerOptions, host = '127.0.0.1') {
    const echo = closing(await udpEcho())
    const { socks } = await proxyNet('forward', { server })
    const association = closing(await UdpAssociation.open(socks.port))
    const payload = Buffer.from('question')
    return { got: await association.exchange(host, echo.port, payload), sent: { payload, port: echo.port } }
  }

  test.skipIf(isMissing('danted'))('goes through dante', async () => {
    const { got, sent } = await exchange(through(`socks5://127.0.0.1:${await startDante({ login: false })}`))
    expect(got).toEqual(sent)
  })

  test.skipIf(isMissing('v2ray'))('goes through v2ray, with an account and to a name', async () => {
    const proxy = `socks5://${right}@127.0.0.1:${await startV2ray('socks')}`
    const { got, sent } = await exchange(through(proxy), 'localhost')
    expect(got).toEqual(sent)
  })

  test.each([['http://127.0.0.1:9'], ['socks4://127.0.0.1:9'], ['socks5://127.0.0.1:9', 'socks5://127.0.0.1:9']])(
    'is refused at once through %s %s',
    async (...chain) => {
      const { socks } = await proxyNet('forward', { server: through(...chain) })
      await expect(UdpAssociation.open(socks.port)).rejects.toEqual(new SocksReplyError(0x02))
    },
  )
})

describe('routes', () => {
  const dead = 'socks5://127.0.0.1:9'

  test('send what matches directly, past a proxy that is down', async () => {
    expect(await download({ exit: { upstreams: [dead], routes: ['127.0.0.0/8=direct'] } })).toBe(digest)
  })

  test('leave the rest to the proxy', async () => {
    expect(await failure({ exit: { upstreams: [dead], routes: ['10.0.0.0/8=direct'] } })).toBe('host-unreachable')
  })

  test('reject with the reply for a rule', async () => {
    expect(await failure({ exit: { routes: [':1-65535=reject'] } })).toBe('forbidden')
  })

  test('reject a name for the address it resolves to', async () => {
    expect(await failure({ exit: { routes: ['127.0.0.0/8=reject', '[::1]=reject'] } }, { host: 'localhost' })).toBe(
      'forbidden',
    )
  })
})

test('an HTTP upstream gets client and target in headers of our choice', async () => {
  const heads: string[] = []
  const proxy = closing(
    await tcpServer((socket) => socket.once('data', (head) => socket.end(`${heads.push(String(head))}`))),
  )
  const upstreamHeaders = { 'X-Client': '{source}', 'X-Target': 'to {target}' }
  await failure(
    { exit: { upstreams: [`http://127.0.0.1:${proxy.port}`], upstreamHeaders } },
    { host: 'target.test', port: 443 },
  )
  expect(heads[0]).toMatch(/\r\nX-Client: 127\.0\.0\.1\r\nX-Target: to target\.test:443\r\n/)
})

describe('a client reaches its server', () => {
  /** A SOCKS proxy that connects to this machine for every name. */
  async function localProxy(): Promise<{ port: number; asked: string[] }> {
    const asked: string[] = []
    const proxy = createServer({}, ({ destination }, answer) => {
      asked.push(destination.host)
      const target: Socket = connectTcp({ host: '127.0.0.1', port: destination.port, allowHalfOpen: true })
      target.on('error', () => {})
      target.once('connect', () => {
        const client = answer.accept()
        client.pipe(target).pipe(client)
      })
    })
    const { port } = await proxy.listen({ host: '127.0.0.1', port: 0 })
    closing(proxy)
    return { port, asked }
  }

  test('through the SOCKS proxy that ALL_PROXY names', async () => {
    const { port, asked } = await localProxy()
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const token = server.addForwardToken()
    await server.listen()
    const environment = { ALL_PROXY: `socks5h://127.0.0.1:${port}` }
    await startClient(server, { token, transport: { environment } }, 'server.test')
    expect(asked).toEqual(['server.test'])
  })

  test('through a chain, each link of several threads by itself', async () => {
    const { port, asked } = await localProxy()
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const token = server.addForwardToken()
    await server.listen()
    const proxy = `socks5://127.0.0.1:${port}`
    await startClient(server, { token, threads: 2, serverProxies: [proxy, proxy] }, 'server.test')
    await until(() => server.peers.size === 2, 'both links')
    expect(asked.toSorted()).toEqual(['127.0.0.1', '127.0.0.1', 'server.test', 'server.test'])
  })

  test('or says which proxy it cannot reach', async () => {
    const client = closing(
      new LinkSocksClient({ url: 'ws://server.test', serverProxies: ['socks5://127.0.0.1:9'], reconnect: false }),
    )
    await expect(client.start()).rejects.toThrow(/cannot reach the proxy 127\.0\.0\.1:9/)
  })
})

async function startClient(
  server: LinkSocksServer,
  options: ForwardClientOptions,
  host = '127.0.0.1',
): Promise<LinkSocksClient> {
  const url = `ws://${host}:${server.address?.port}`
  const client = closing(new LinkSocksClient({ url, proxy: { port: 0 }, reconnect: false, ...options }))
  await client.start()
  return client
}
