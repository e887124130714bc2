import { networkInterfaces } from 'node:os'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { freePort, onceEvent, seededDigest, type TestServer } from '@ls/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ImplementationName, requireImplementation } from './implementation.js'
import { serverUrl, token } from './link.js'
import { PeerProcess } from './peer-process.js'
import { untilListening, untilPrinted } from './ports.js'
import { socksConnect } from './socks-client.js'
import { download, transferSeed, transferServer } from './transfer.js'

const bulkBytes = 4 * 1024 * 1024
/** Flags with which Go programs find each other here without public STUN servers. */
const asGo = ['--direct-discovery', 'server', '-d']
const overQuic = /Direct connectivity ready.*direct-quic|direct-quic.*Direct connectivity ready|QUIC dataplane ready/

const versions = ['go-1.10.3', 'go-1.10.1'] as const

/** A server that passes signals on, for a provider and a connector with the token `code`. */
async function startServer(port: number, host = '127.0.0.1'): Promise<LinkSocksServer> {
  const server = new LinkSocksServer({ host, port, directPaths: true, addressPort: {} })
  server.addReverseToken({ token, socksPort: 'none' })
  server.addConnectorToken({ reverseToken: token, token: 'code' })
  await server.listen()
  return server
}

/** Downloads through a SOCKS port; also returns the number of channels of each client at the server. */
async function fetched(socksPort: number, transfer: TestServer, server: LinkSocksServer) {
  const socket = await socksConnect(socksPort, '127.0.0.1', transfer.port)
  const digest = await download(socket, bulkBytes)
  const channels = [...server.peers].map(({ session }) => session.channelCount)
  socket.destroy()
  return { digest, channels }
}

const pastTheServer = { digest: seededDigest(transferSeed, bulkBytes), channels: [0, 0] }

describe.each(versions)('two programs of %s at our server', { timeout: 60_000 }, (name) => {
  let transfer: TestServer
  let server: LinkSocksServer
  let provider: PeerProcess | undefined
  let connector: PeerProcess | undefined
  let socksPort: number

  beforeAll(async () => {
    const port = await freePort()
    server = await startServer(port)
    transfer = await transferServer()
    socksPort = await freePort()
    provider = start(name, 'provider', ['-t', token, '-u', serverUrl(port)])
    if (provider !== undefined) await untilPrinted(/Authentication successful/, provider)
    connector = start(name, 'connector', ['-t', 'code', '-u', serverUrl(port), '-p', String(socksPort)])
    if (connector !== undefined) await untilListening(socksPort, connector)
  }, 60_000)
  afterAll(async () => {
    await Promise.all([provider?.stop(), connector?.stop()])
    await server.close()
    await transfer.close()
  })
  beforeEach(({ skip, onTestFailed }) => {
    skip(connector === undefined, `${name} is not installed`)
    onTestFailed(() => console.error(provider?.report, connector?.report))
  })

  test('go direct over QUIC', async () => {
    const both = Promise.all([untilPrinted(overQuic, provider!), untilPrinted(overQuic, connector!)])
    await expect(both).resolves.toHaveLength(2)
  })

  test('carry a connection past the server', async () => {
    expect(await fetched(socksPort, transfer, server)).toEqual(pastTheServer)
  })
})

describe.each(versions)('%s and a client of ours', { timeout: 60_000 }, (name) => {
  let transfer: TestServer
  let server: LinkSocksServer
  let port: number
  let ours: LinkSocksClient
  let program: PeerProcess | undefined

  beforeEach(async ({ onTestFailed }) => {
    onTestFailed(() => console.error(program?.report))
    port = await freePort()
    server = await startServer(port)
    transfer = await transferServer()
  })
  afterEach(async () => {
    await Promise.all([program?.stop(), ours.close()])
    await server.close()
    await transfer.close()
  })

  test('go direct with our connector', async ({ skip }) => {
    const direct = { stunServers: [`127.0.0.1:${port}`] }
    const proxy = { port: await freePort() }
    ours = new LinkSocksClient({ url: serverUrl(port), token: 'code', role: 'connector', direct, proxy })
    program = start(name, 'provider', ['-t', token, '-u', serverUrl(port)])
    skip(program === undefined, `${name} is not installed`)
    await untilPrinted(/Authentication successful/, program!)
    const path = onceEvent(ours, 'path', { timeoutMs: 20_000 })
    await ours.start()
    expect(await path).toEqual(['direct', 'a Go program answers over QUIC'])
    expect(await fetched(proxy.port, transfer, server)).toEqual(pastTheServer)
  })

  test('go direct with our provider', async ({ skip }) => {
    const direct = { stunServers: [`127.0.0.1:${port}`] }
    ours = new LinkSocksClient({ url: serverUrl(port), token, role: 'provider', direct })
    const path = onceEvent(ours, 'path', { timeoutMs: 20_000 })
    await ours.start()
    const socksPort = await freePort()
    program = start(name, 'connector', ['-t', 'code', '-u', serverUrl(port), '-p', String(socksPort)])
    skip(program === undefined, `${name} is not installed`)
    expect(await path).toEqual(['direct', 'a Go program answers over QUIC'])
    await untilPrinted(overQuic, program!)
    expect(await fetched(socksPort, transfer, server)).toEqual(pastTheServer)
  })
})

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

// Only go 1.10.3 has a socket for IPv6. It tells no address but the one that the server sees: all packets use `::1`.
describe.skipIf(!hasIPv6)('go-1.10.3 and a client of ours, over IPv6 alone,', { timeout: 60_000 }, () => {
  const name = 'go-1.10.3'
  const never = ['--direct-host-candidates', 'never']
  let transfer: TestServer
  let server: LinkSocksServer
  let port: number
  let ours: LinkSocksClient
  let program: PeerProcess | undefined

  beforeEach(async ({ onTestFailed }) => {
    onTestFailed(() => console.error(program?.report))
    port = await freePort()
    server = await startServer(port, '::1')
    transfer = await transferServer()
  })
  afterEach(async () => {
    await Promise.all([program?.stop(), ours.close()])
    await server.close()
    await transfer.close()
  })

  test('go direct with our connector', async ({ skip }) => {
    const direct = { stunServers: [`[::1]:${port}`], hostCandidates: 'never' } as const
    const proxy = { port: await freePort() }
    const url = `ws://[::1]:${port}`
    ours = new LinkSocksClient({ url, token: 'code', role: 'connector', direct, proxy })
    program = start(name, 'provider', ['-t', token, '-u', url, ...never])
    skip(program === undefined, `${name} is not installed`)
    await untilPrinted(/Authentication successful/, program!)
    const path = onceEvent(ours, 'path', { timeoutMs: 20_000 })
    await ours.start()
    expect(await path).toEqual(['direct', 'a Go program answers over QUIC'])
    expect(await fetched(proxy.port, transfer, server)).toEqual(pastTheServer)
  })

  test('go direct with our provider', async ({ skip }) => {
    const direct = { stunServers: [`[::1]:${port}`], hostCandidates: 'never' } as const
    const url = `ws://[::1]:${port}`
    ours = new LinkSocksClient({ url, token, role: 'provider', direct })
    const path = onceEvent(ours, 'path', { timeoutMs: 20_000 })
    await ours.start()
    const socksPort = await freePort()
    program = start(name, 'connector', ['-t', 'code', '-u', url, '-p', String(socksPort), ...never])
    skip(program === undefined, `${name} is not installed`)
    expect(await path).toEqual(['direct', 'a Go program answers over QUIC'])
    await untilPrinted(overQuic, program!)
    expect(await fetched(socksPort, transfer, server)).toEqual(pastTheServer)
  })
})

function start(name: ImplementationName, role: 'provider' | 'connector', args: string[]): PeerProcess | undefined {
  const program = requireImplementation(name)
  return program && new PeerProcess(`${name} ${role}`, program.command, [...program[role], ...args, ...asGo])
}
