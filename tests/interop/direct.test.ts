import { LinkSocksServer } from '@ls/server'
import { seededDigest, type TestServer } from '@ls/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type ImplementationName, requireImplementation } from './implementation.js'
import { serverUrl, token } from './link.js'
import { PeerProcess } from './peer-process.js'
import { unusedPort, untilListening, untilPrinted } from './ports.js'
import { socksConnect } from './socks-client.js'
import { download, transferSeed, transferServer } from './transfer.js'

const bulkBytes = 4 * 1024 * 1024
/** What Go programs need to find each other here without public STUN servers. */
const asGo = ['--direct-discovery', 'server', '-d']
const overQuic = /Direct connectivity ready.*direct-quic|direct-quic.*Direct connectivity ready|QUIC dataplane ready/

const versions = ['go-1.10.3', 'go-1.10.1'] as const

describe.each(versions)('two programs of %s at our server', { timeout: 60_000 }, (name) => {
  let transfer: TestServer
  let server: LinkSocksServer
  let provider: PeerProcess | undefined
  let connector: PeerProcess | undefined
  let socksPort: number

  beforeAll(async () => {
    const port = await unusedPort()
    server = new LinkSocksServer({ host: '127.0.0.1', port, directPaths: true, addressPort: {} })
    server.addReverseToken({ token, socksPort: 'none' })
    server.addConnectorToken({ reverseToken: token, token: 'code' })
    await server.listen()
    transfer = await transferServer()
    socksPort = await unusedPort()
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
    const socket = await socksConnect(socksPort, '127.0.0.1', transfer.port)
    const digest = await download(socket, bulkBytes)
    const channels = [...server.peers].map(({ session }) => session.channelCount)
    socket.destroy()
    expect({ digest, channels }).toEqual({ digest: seededDigest(transferSeed, bulkBytes), channels: [0, 0] })
  })
})

function start(name: ImplementationName, role: 'provider' | 'connector', args: string[]): PeerProcess | undefined {
  const program = requireImplementation(name)
  return program && new PeerProcess(`${name} ${role}`, program.command, [...program[role], ...args, ...asGo])
}
