import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkSocksServer, ServerState } from '@ls/server'
import { freePort, seededDigest, type TestServer } from '@ls/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Implementation, type ImplementationName, requireImplementation } from './implementation.js'
import { serverUrl } from './link.js'
import { PeerProcess } from './peer-process.js'
import { untilListening, untilTrue } from './ports.js'
import { socksConnect, UdpAssociation } from './socks-client.js'
import { download, transferSeed, transferServer } from './transfer.js'
import { udpEchoServer } from './udp-echo-server.js'

const bulkBytes = 4 * 1024 * 1024

/** A provider without a token, and a connector that sends the code. Each program has each role once. */
const pairs: ReadonlyArray<readonly [provider: ImplementationName, connector: ImplementationName]> = [
  ['go-1.10.3', 'go-1.10.1'],
  ['go-1.10.1', 'ours'],
  ['ours', 'go-1.10.3'],
  ['py-1.5.1', 'py-1.5.1'],
]

interface Pair {
  readonly code: string
  readonly provider: PeerProcess
  readonly connector: PeerProcess
  readonly socksPort: number
}

// One relay for all pairs at the same time, since most of the time is spent waiting for programs.
describe('our relay', { timeout: 60_000 }, () => {
  let relay: LinkSocksServer
  let port: number
  let folder: string
  let transfer: TestServer
  let udpEcho: TestServer
  const running = new Map<string, Pair>()

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'linksocks-relay-'))
    port = await freePort()
    transfer = await transferServer()
    udpEcho = await udpEchoServer()
    await startRelay()
    await Promise.all(pairs.map(startPair))
  }, 60_000)
  afterAll(async () => {
    await Promise.all([...running.values()].flatMap((pair) => [pair.provider.stop(), pair.connector.stop()]))
    await relay.close()
    await transfer.close()
    await udpEcho.close()
    await rm(folder, { recursive: true })
  })
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => {
      for (const { provider, connector } of running.values()) console.error(provider.report, connector.report)
    })
  })

  async function startRelay(): Promise<void> {
    const state = await ServerState.open(join(folder, 'state.json'))
    relay = new LinkSocksServer({ host: '127.0.0.1', port, relay: {}, state })
    await relay.listen()
  }

  async function startPair([provider, connector]: (typeof pairs)[number]): Promise<void> {
    const [first, second] = [requireImplementation(provider), requireImplementation(connector)]
    if (first === undefined || second === undefined) return
    const code = `code-of-${provider}`
    const place = ['-u', serverUrl(port)]
    // Without -t, pywssocks asks the user for a token.
    const token = provider === 'py-1.5.1' ? ['-t', 'anonymous'] : []
    const providing = start(first, [...first.provider, ...token, ...place, '-c', code])
    await reached(code, providing)
    const socksPort = await freePort()
    const connecting = start(second, [...second.connector, '-t', code, ...place, '-p', String(socksPort)])
    running.set(code, { code, provider: providing, connector: connecting, socksPort })
    await untilListening(socksPort, connecting)
  }

  function start({ name, command }: Implementation, args: readonly string[]): PeerProcess {
    return new PeerProcess(name, command, args)
  }

  /**
   * Reads the relay's own list: a connector with a code that does not exist yet would count as a guesser, and its
   * address would be slowed down.
   */
  function reached(code: string, provider: PeerProcess): Promise<void> {
    return untilTrue(async () => relay.tokens().some(({ token }) => token === code), provider, 'its code at the relay')
  }

  async function bulk({ socksPort }: Pair): Promise<string> {
    const socket = await socksConnect(socksPort, '127.0.0.1', transfer.port)
    const digest = await download(socket, bulkBytes)
    socket.destroy()
    return digest
  }

  test('carries TCP for all of them', async () => {
    const all = [...running.values()]
    expect(await Promise.all(all.map(bulk))).toEqual(all.map(() => seededDigest(transferSeed, bulkBytes)))
  })

  test('carries UDP for all of them', async () => {
    const all = [...running.values()]
    const answers = all.map(async ({ socksPort }) => {
      const association = await UdpAssociation.open(socksPort)
      const answer = await association.exchange('127.0.0.1', udpEcho.port, Buffer.from('ping'))
      association.close()
      return String(answer.payload)
    })
    expect(await Promise.all(answers)).toEqual(all.map(() => 'ping'))
  })

  test('finds those that come back with the token that it gave, after a restart', async () => {
    // pywssocks returns with another identity, and does not request a code again.
    const [gone, all] = partition([...running.values()], ({ provider }) => provider.title === 'py-1.5.1')
    await Promise.all(gone.flatMap(({ provider, connector }) => [provider.stop(), connector.stop()]))
    await relay.close()
    await startRelay()
    const digests = all.map(async (pair) => {
      await reached(pair.code, pair.provider)
      await untilTrue(async () => bulk(pair).then(Boolean, () => false), pair.connector, 'the connector to be back')
      return bulk(pair)
    })
    expect(await Promise.all(digests)).toEqual(all.map(() => seededDigest(transferSeed, bulkBytes)))
  })
})

function partition<T>(all: readonly T[], isFirst: (each: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((each) => !isFirst(each))]
}
