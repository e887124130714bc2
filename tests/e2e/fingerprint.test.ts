import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LinkSocksClient, type ForwardClientOptions } from '@ls/client'
import { connectAsBrowser } from '@ls/disguise'
import { LinkSocksServer } from '@ls/server'
import {
  type ClientHello,
  faultRelay,
  type FaultRelay,
  type HelloCatcher,
  helloCatcher,
  ja4,
  onceEvent,
  testCertificate,
  until,
  within,
} from '@ls/testkit'
import { beforeAll, describe, expect, test } from 'vitest'
import { awaitedLater, closing } from '../stress/cleanup.js'
import { fact, mebibyte } from '../stress/settings.js'
import { download, Meter, transferBothWays, transferServer } from '../stress/traffic.js'
import { hasChromium, openChromium, pageServer } from './chromium.js'
import { requireNewerNode } from './newer-node.js'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

const newerNode = requireNewerNode()

/** Time for programs and browsers to start on a busy machine, in milliseconds. */
const startMs = 60_000

/** Returns the ClientHello of `linksocks client` with this flag. */
async function helloOfProgram(
  catcher: HelloCatcher,
  fingerprint: string,
  node: string = process.execPath,
): Promise<ClientHello> {
  const url = `wss://localhost:${catcher.port}`
  const program = new Program({ node }, 'client', '-u', url, '-t', 'token', '-p', '0', '--fingerprint', fingerprint)
  const hello = await within(catcher.next(), `the ClientHello of ${fingerprint}`, { timeoutMs: startMs })
  program.kill('SIGKILL')
  // It would send another one.
  await program.exit()
  return hello
}

/** Returns the ClientHello of a WebSocket in Chromium. */
async function helloOfChromium(catcher: HelloCatcher): Promise<ClientHello> {
  const page = await pageServer(`<script>new WebSocket('wss://localhost:${catcher.port}/socket')</script>`)
  const browser = await openChromium(`http://localhost:${page.port}/`)
  try {
    return await within(catcher.next(), 'the ClientHello of Chromium', { timeoutMs: startMs })
  } finally {
    await browser.close()
    await page.close()
  }
}

/**
 * Removes what Chromium has begun to send after version 149, the last version that wreq-js supports: the extension
 * trust_anchors, and the signatures ML-DSA-44, -65 and -87. Everything else must be equal except GREASE and the order
 * of extensions, which are random for each connection and not part of JA4.
 */
function asVersion149(hello: ClientHello): ClientHello {
  const laterExtensions = new Set([0xca_34])
  const laterSignatures = new Set([0x09_04, 0x09_05, 0x09_06])
  return {
    ...hello,
    extensions: hello.extensions.filter((type) => !laterExtensions.has(type)),
    signatures: hello.signatures.filter((algorithm) => !laterSignatures.has(algorithm)),
  }
}

describe.skipIf(!hasChromium || newerNode === undefined)('linksocks client --fingerprint chrome, on Node 26', () => {
  let ours: ClientHello
  let chromium: ClientHello

  beforeAll(async () => {
    const catcher = await helloCatcher()
    ours = await helloOfProgram(catcher, 'chrome', newerNode)
    chromium = await helloOfChromium(catcher)
    await catcher.close()
    fact('fingerprint', `JA4 by Node's TLS: ours ${ja4(ours)}, Chromium ${ja4(chromium)}`)
  }, startMs * 3)

  test('has the JA4 of Chromium', () => {
    expect(ja4(ours)).toBe(ja4(chromium))
  })

  // OpenSSL makes a key share for the first group only. Otherwise only GREASE differs.
  test.each(['versions', 'ciphers', 'serverName', 'alpn', 'signatures', 'groups'] as const)(
    'has the %s of Chromium, letter by letter',
    (part) => {
      expect(ours[part]).toEqual(chromium[part])
    },
  )

  test('has the extensions of Chromium, in an order of its own', () => {
    expect(new Set(ours.extensions)).toEqual(new Set(chromium.extensions))
  })
})

describe.skipIf(newerNode === undefined)('a link that looks like Chrome, on Node 26', () => {
  const { cert, key } = testCertificate()

  /** Starts the program as a client of a server behind TLS; `args` must say which certificate it trusts. */
  async function clientWith(...args: string[]): Promise<Program> {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, tls: { cert, key } }))
    const token = server.addForwardToken()
    await server.listen()
    const url = `wss://localhost:${server.address?.port}`
    const flags = ['-u', url, '-t', token, '-p', '0', '--fingerprint', 'chrome', ...args]
    return new Program({ node: newerNode ?? '' }, 'client', ...flags)
  }

  test('carries 100 MiB each way concurrently, byte for byte', { timeout: 120_000 }, async () => {
    const issuer = join(await temporaryFolder(), 'issuer.pem')
    await writeFile(issuer, cert)
    const program = await clientWith('--tls-ca', issuer)
    const [, port] = await program.printed(/^proxy: 127\.0\.0\.1:(\d+)$/m)
    const socks = { host: '127.0.0.1', port: Number(port) }
    const target = closing(await transferServer())
    const bytes = 100 * mebibyte
    const startedMs = performance.now()
    const passed = await transferBothWays(socks, target, { seed: 4, bytes })
    const seconds = (performance.now() - startedMs) / 1000
    fact('fingerprint', `100 MiB each way in ${seconds.toFixed(1)} s, by Node's own TLS`)
    expect(passed).toEqual({ down: bytes, up: bytes })
  })

  test('does not trust a certificate whose issuer it does not trust', async () => {
    const program = await clientWith()
    const why = await program.printed(/no TLS with localhost.*or its issuer \(--tls-ca\)/)
    expect(why).not.toBeNull()
  })
})

describe.skipIf(!hasChromium)('linksocks client --fingerprint chrome, by wreq-js', () => {
  let ours: ClientHello
  let chromium: ClientHello

  beforeAll(async () => {
    const catcher = await helloCatcher()
    ours = await helloOfProgram(catcher, 'chrome')
    chromium = await helloOfChromium(catcher)
    await catcher.close()
    fact(
      'fingerprint',
      `JA4: ours ${ja4(ours)}, Chromium ${ja4(chromium)}, as version 149 ${ja4(asVersion149(chromium))}`,
    )
  }, startMs * 3)

  test('has the JA4 of Chromium, as far as versions go', () => {
    expect(ja4(ours)).toBe(ja4(asVersion149(chromium)))
  })

  test('begins its JA4 with the versions, the name and the HTTP/1.1 of a WebSocket', () => {
    expect(ja4(ours)).toMatch(/^t13d1515h1_/)
  })

  test.each(['versions', 'ciphers', 'serverName', 'alpn', 'groups', 'keyShares'] as const)(
    'has the %s of Chromium, letter by letter',
    (part) => {
      expect(ours[part]).toEqual(chromium[part])
    },
  )
})

test.each(['none', 'firefox', 'safari'])(
  'linksocks client --fingerprint %s has not the JA4 of chrome',
  { timeout: startMs * 2 },
  async (other) => {
    const catcher = closing(await helloCatcher())
    const chrome = await helloOfProgram(catcher, 'chrome')
    expect(ja4(await helloOfProgram(catcher, other))).not.toBe(ja4(chrome))
  },
)

interface Net {
  readonly server: LinkSocksServer
  readonly client: LinkSocksClient
  readonly relay: FaultRelay
  readonly socks: { readonly host: string; readonly port: number }
}

/** A server behind TLS and a relay that can break the link, and a client that looks like Chrome. */
async function chromeNet(options: ForwardClientOptions = {}): Promise<Net> {
  const certificate = testCertificate()
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, tls: certificate }))
  const token = server.addForwardToken()
  await server.listen()
  const relay = closing(await faultRelay({ host: '127.0.0.1', port: server.address?.port ?? 0 }))
  const client = closing(
    new LinkSocksClient({
      url: `wss://localhost:${relay.port}`,
      token,
      proxy: { port: 0 },
      connect: await connectAsBrowser('chrome'),
      transport: { tls: { ca: certificate.cert } },
      ...options,
    }),
  )
  await client.start()
  // The server has the session only from then on.
  await until(() => server.peers.size === 1, 'the server to let the client in')
  return { server, client, relay, socks: client.socksAddress ?? { host: '', port: 0 } }
}

describe('a link that looks like Chrome', () => {
  test('carries 100 MiB each way concurrently, byte for byte', { timeout: 120_000 }, async () => {
    const { socks } = await chromeNet()
    const target = closing(await transferServer())
    const bytes = 100 * mebibyte
    const startedMs = performance.now()
    const passed = await transferBothWays(socks, target, { seed: 1, bytes })
    const seconds = (performance.now() - startedMs) / 1000
    fact('fingerprint', `100 MiB each way in ${seconds.toFixed(1)} s, by wreq-js over TLS`)
    expect(passed).toEqual({ down: bytes, up: bytes })
  })

  test('continues its transfers after a cut', { timeout: 120_000 }, async () => {
    const { socks, relay, client } = await chromeNet()
    const target = closing(await transferServer())
    const meter = new Meter()
    const moving = awaitedLater(download(socks, target, { seed: 3, bytes: 64 * mebibyte }, meter))
    await meter.after(8 * mebibyte)
    const back = onceEvent(client, 'linkUp', { timeoutMs: 60_000 })
    relay.strike('reset')
    expect(await back).toEqual([true])
    await moving
  })

  test('is pinged within the session, since the WebSocket cannot be', async () => {
    const { server, client } = await chromeNet({ heartbeat: { periodMs: 50, timeoutMs: 10_000 } })
    const downs: unknown[] = []
    client.on('linkDown', (reason) => downs.push(reason))
    const [peer] = server.peers
    await until(() => (peer?.session.counters.strayMessages ?? 0) >= 5, 'five pings', { timeoutMs: 15_000 })
    expect(downs).toEqual([])
  })

  test('is abandoned when the server stops answering, and is opened again', { timeout: 60_000 }, async () => {
    const { client, relay } = await chromeNet({ heartbeat: { periodMs: 200, timeoutMs: 2000 } })
    const down = onceEvent(client, 'linkDown', { timeoutMs: 30_000 })
    const back = onceEvent(client, 'linkUp', { timeoutMs: 30_000 })
    relay.strike('blackhole')
    expect(await down).toEqual([expect.stringMatching(/^server silent for \d+ ms/)])
    expect(await back).toEqual([true])
  })
})
