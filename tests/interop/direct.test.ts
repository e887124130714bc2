import { networkInterfaces } from 'node:os'
import { LinkSocksClient } from '@ls/client'
import { formatHostPort } from '@ls/foundation'
import { LinkSocksServer } from '@ls/server'
import { freePort, onceEvent, seededDigest, type TestServer } from '@ls/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, type TestContext } from 'vitest'
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

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

interface Case {
  readonly name: ImplementationName
  readonly over: string
  readonly host: string
  /** Whether the clients tell no address but the one that the server sees. */
  readonly isAlone: boolean
}

const cases: readonly Case[] = [
  ...versions.map((name) => ({ name, over: 'IPv4', host: '127.0.0.1', isAlone: false })),
  // Only go 1.10.3 has a socket for IPv6. All packets use `::1`.
  { name: 'go-1.10.3', over: 'IPv6 alone', host: '::1', isAlone: true },
]

describe.each(cases)('$name and a client of ours, over $over,', { timeout: 60_000 }, ({ name, host, isAlone }) => {
  const flags = isAlone ? ['--direct-host-candidates', 'never'] : []
  const hostCandidates = isAlone ? 'never' : undefined
  let transfer: TestServer
  let server: LinkSocksServer
  let place: string
  let ours: LinkSocksClient | undefined
  let program: PeerProcess | undefined

  beforeEach(async ({ skip, onTestFailed }) => {
    skip(host === '::1' && !hasIPv6, 'this machine has no ::1')
    onTestFailed(() => console.error(program?.report))
    const port = await freePort()
    place = formatHostPort(host, port)
    server = await startServer(port, host)
    transfer = await transferServer()
  })
  afterEach(async () => {
    await Promise.all([program?.stop(), ours?.close()])
    await server?.close()
    await transfer?.close()
  })

  /** Starts the Go program. */
  const startProgram = (role: 'provider' | 'connector', skip: TestContext['skip'], ...more: string[]) => {
    program = start(name, role, ['-u', `ws://${place}`, ...more, ...flags])
    skip(program === undefined, `${name} is not installed`)
    return program!
  }

  test('go direct with our connector', async ({ skip }) => {
    const direct = { stunServers: [place], hostCandidates } as const
    const proxy = { port: await freePort() }
    ours = new LinkSocksClient({ url: `ws://${place}`, token: 'code', role: 'connector', direct, proxy })
    await untilPrinted(/Authentication successful/, startProgram('provider', skip, '-t', token))
    const path = onceEvent(ours, 'path', { timeoutMs: 20_000 })
    await ours.start()
    expect(await path).toEqual(['direct', 'a Go program answers over QUIC', 'udp'])
    expect(await fetched(proxy.port, transfer, server)).toEqual(pastTheServer)
  })

  test('go direct with our provider', async ({ skip }) => {
    const direct = { stunServers: [place], hostCandidates } as const
    ours = new LinkSocksClient({ url: `ws://${place}`, token, role: 'provider', direct })
    const path = onceEvent(ours, 'path', { timeoutMs: 20_000 })
    await ours.start()
    const socksPort = await freePort()
    const connector = startProgram('connector', skip, '-t', 'code', '-p', String(socksPort))
    expect(await path).toEqual(['direct', 'a Go program answers over QUIC', 'udp'])
    await untilPrinted(overQuic, connector)
    expect(await fetched(socksPort, transfer, server)).toEqual(pastTheServer)
  })
})

function start(name: ImplementationName, role: 'provider' | 'connector', args: string[]): PeerProcess | undefined {
  const program = requireImplementation(name)
  return program && new PeerProcess(`${name} ${role}`, program.command, [...program[role], ...args, ...asGo])
}
