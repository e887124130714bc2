import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { LinkSocksClient } from '@ls/client'
import { faultRelay, type FaultRelay, freePort, seededDigest, type TestServer } from '@ls/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { type ImplementationName, requireImplementation } from './implementation.js'
import { downloadThroughLosses } from './lossy-download.js'
import { PeerProcess } from './peer-process.js'
import { untilListening, untilPrinted } from './ports.js'
import { requireRuntime } from './runtime.js'
import { socksConnect, UdpAssociation } from './socks-client.js'
import { download, transferSeed, transferServer } from './transfer.js'
import { udpEchoServer } from './udp-echo-server.js'

// apps/relay-worker in workerd, the runtime of Cloudflare Workers.

const bulkBytes = 4 * 1024 * 1024
const miniflare = requireRuntime('miniflare', 'miniflare/dist/src/index.js')
const bundle = fileURLToPath(new URL('../../apps/relay-worker/dist/worker.mjs', import.meta.url))
const isBuilt = existsSync(bundle)
if (!isBuilt)
  console.warn('\n*** interop: apps/relay-worker is not built, its tests are SKIPPED; run `pnpm build` ***\n')

/** The part of miniflare that runs a Worker at a port. */
interface Worker {
  readonly ready: Promise<URL>
  dispose(): Promise<void>
}

describe.skipIf(miniflare === undefined || !isBuilt)('the relay in a Worker', { timeout: 60_000 }, () => {
  let worker: Worker
  let port: number
  let folder: string
  let transfer: TestServer
  let udpEcho: TestServer

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'linksocks-worker-'))
    port = await freePort()
    transfer = await transferServer()
    udpEcho = await udpEchoServer()
    await startWorker()
  }, 60_000)
  afterAll(async () => {
    await worker.dispose()
    await transfer.close()
    await udpEcho.close()
    await rm(folder, { recursive: true })
  })

  async function startWorker(): Promise<void> {
    const { Miniflare } = (await import(pathToFileURL(miniflare ?? '').href)) as {
      Miniflare: new (options: object) => Worker
    }
    worker = new Miniflare({
      modules: [{ type: 'ESModule', path: 'worker.mjs', contents: readFileSync(bundle, 'utf8') }],
      host: '127.0.0.1',
      port,
      compatibilityDate: '2026-04-01',
      compatibilityFlags: ['nodejs_compat'],
      durableObjects: { RELAY: { className: 'RelayObject', useSQLite: true } },
      durableObjectsPersist: folder,
    })
    await worker.ready
  }

  function ourProvider(relayPort = port): LinkSocksClient {
    return closing(
      new LinkSocksClient({ url: `ws://127.0.0.1:${relayPort}`, role: 'provider', reconnect: { delayMs: 50 } }),
    )
  }

  async function ourConnector(code: string): Promise<LinkSocksClient> {
    const connector = closing(new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: code, proxy: { port: 0 } }))
    await connector.start()
    return connector
  }

  async function bulk(socksPort: number): Promise<string> {
    const socket = await socksConnect(socksPort, '127.0.0.1', transfer.port)
    const digest = await download(socket, bulkBytes)
    socket.destroy()
    return digest
  }

  async function pong(socksPort: number): Promise<string> {
    const association = await UdpAssociation.open(socksPort)
    const answer = await association.exchange('127.0.0.1', udpEcho.port, Buffer.from('ping'))
    association.close()
    return String(answer.payload)
  }

  test('GET /api/health reports without a key that the server accepts clients', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/api/health`)
    expect(await response.json()).toMatchObject({ status: 'ok', active: true })
  })

  test('a code that is easy to guess is refused', async () => {
    const provider = ourProvider()
    await provider.start()
    await expect(provider.addConnector('password1')).rejects.toThrow('this code is too easy to guess')
  })

  const connectorNames: readonly ImplementationName[] = ['go-1.10.3', 'py-1.5.1']
  test.each(connectorNames)('a connector of %s reaches our provider over TCP and UDP', async (name) => {
    const peer = requireImplementation(name)
    if (peer === undefined) return
    const provider = ourProvider()
    await provider.start()
    const code = `code-for-${name}`
    await provider.addConnector(code)
    const socksPort = await freePort()
    const place = ['-u', `ws://127.0.0.1:${port}`, '-p', String(socksPort)]
    const process = new PeerProcess(name, peer.command, [...peer.connector, '-t', code, ...place])
    try {
      await untilListening(socksPort, process)
      const carried = { tcp: await bulk(socksPort), udp: await pong(socksPort) }
      expect(carried).toEqual({ tcp: seededDigest(transferSeed, bulkBytes), udp: 'ping' })
    } finally {
      await process.stop()
    }
  })

  test('our connector reaches a provider of go-1.10.3', async () => {
    const peer = requireImplementation('go-1.10.3')
    if (peer === undefined) return
    const code = 'code-of-the-go-program'
    const process = new PeerProcess(peer.name, peer.command, [
      ...peer.provider,
      '-u',
      `ws://127.0.0.1:${port}`,
      '-c',
      code,
    ])
    try {
      // The relay refuses a code that is not there yet.
      await untilPrinted(/Connector token added successfully/, process)
      const connector = await ourConnector(code)
      expect(await bulk(connector.socksAddress?.port ?? 0)).toBe(seededDigest(transferSeed, bulkBytes))
    } finally {
      await process.stop()
    }
  })

  test('a download continues over 10 losses of the provider’s link', async () => {
    const path: FaultRelay = closing(await faultRelay({ host: '127.0.0.1', port }))
    const provider = ourProvider(path.port)
    await provider.start()
    await provider.addConnector('code-behind-a-bad-path')
    const connector = await ourConnector('code-behind-a-bad-path')
    const socksPort = connector.socksAddress?.port ?? 0
    const bytes = 4 * bulkBytes
    const digest = await downloadThroughLosses({ socksPort, target: transfer.port, bytes, path, losses: 10 })
    expect(digest).toBe(seededDigest(transferSeed, bytes))
  })

  test('an identity and its code are there again after a restart', async () => {
    const provider = ourProvider()
    await provider.start()
    await provider.addConnector('code-that-stays')
    await worker.dispose()
    await startWorker()
    const connector = await ourConnector('code-that-stays')
    expect(await bulk(connector.socksAddress?.port ?? 0)).toBe(seededDigest(transferSeed, bulkBytes))
  })
})
