import { createServer } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { type Logger, silentLogger } from '@ls/foundation'
import { echoServer, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../../testing/cleanup.js'
import { relayPair, type RelayPairOptions } from '../../testing/relay-pair.js'
import { Inbound } from '../inbound/inbound.js'
import type { ListenWebSocket } from './listen-web-socket.js'

/** Replaces the WebSocket port: records its options, and accepts connections of the test. */
function fakePort() {
  const asked: Parameters<ListenWebSocket>[0][] = []
  const closed: string[] = []
  const listenWebSocket: ListenWebSocket = async (options) => {
    asked.push(options)
    return {
      address: () => ({ host: options.host, port: options.port === 0 ? 4321 : options.port }),
      close: async () => void closed.push(options.path),
    }
  }
  const comeIn = (): Duplex => {
    const [client, stream] = duplexPair()
    afterTest(() => client.destroy())
    asked[0]?.onStream(stream)
    return client.on('error', () => {})
  }
  return { asked, closed, listenWebSocket, comeIn }
}

/** An inbound with one such port. */
async function streamNet(inbound: RelayPairOptions['inbound'] = {}) {
  const port = fakePort()
  const { listenWebSocket } = port
  const pair = await relayPair({ inbound: { listenOn: ['wss://127.0.0.1:0/a'], listenWebSocket, ...inbound } })
  return { ...port, ...pair }
}

const portBytes = (port: number): readonly number[] => [port >> 8, port & 0xff]

async function answerTo(client: Duplex, bytes: readonly number[]): Promise<string> {
  client.write(Uint8Array.from(bytes))
  const [answer] = await onceEvent(client, 'data')
  return (answer as Buffer).toString('hex')
}

describe('an Inbound with a place for byte streams', () => {
  test('opens it, and says where', async () => {
    const { asked, inbound } = await streamNet({ maxConnections: 7 })
    expect(asked).toMatchObject([{ host: '127.0.0.1', port: 0, secure: true, path: '/a', maxLinks: 7 }])
    expect({ addresses: inbound.addresses, address: inbound.address }).toEqual({
      addresses: [{ webSocket: { secure: true, host: '127.0.0.1', port: 4321, path: '/a' } }],
      address: undefined,
    })
  })

  test('serves SOCKS in them', async () => {
    const target = closing(await echoServer())
    const client = (await streamNet()).comeIn()
    expect(await answerTo(client, [5, 1, 0])).toBe('0500')
    expect(await answerTo(client, [5, 1, 0, 1, 127, 0, 0, 1, ...portBytes(target.port)])).toMatch(/^05000001/)
    expect(await answerTo(client, [...Buffer.from('ping')])).toBe(Buffer.from('ping').toString('hex'))
  })

  test('serves HTTP in them', async () => {
    const target = closing(await echoServer())
    const client = (await streamNet()).comeIn()
    const request = Buffer.from(`CONNECT 127.0.0.1:${target.port} HTTP/1.1\r\nHost: target.test\r\n\r\n`)
    expect(Buffer.from(await answerTo(client, [...request]), 'hex').toString()).toMatch(/^HTTP\/1\.1 200 /)
  })

  test('asks for the account of the port', async () => {
    const client = (await streamNet({ accounts: [{ username: 'ada', password: 'secret' }] })).comeIn()
    expect(await answerTo(client, [5, 1, 0])).toBe('05ff')
  })

  test('refuses UDP, which has no address to come from', async () => {
    const client = (await streamNet()).comeIn()
    await answerTo(client, [5, 1, 0])
    expect(await answerTo(client, [5, 3, 0, 1, 0, 0, 0, 0, 0, 0])).toMatch(/^0502/)
  })

  test('cuts those that are left when it closes, after the port', async () => {
    const { comeIn, closed, inbound } = await streamNet()
    const client = comeIn()
    await until(() => inbound.connectionCount === 1, 'the connection')
    await inbound.close()
    expect({ closed, connectionCount: inbound.connectionCount, addresses: inbound.addresses }).toEqual({
      closed: ['/a'],
      connectionCount: 0,
      addresses: [],
    })
    client.destroy()
  })

  test('warns of one that is public and requires no password', async () => {
    const warnings: string[] = []
    const logger: Logger = { ...silentLogger, warn: (_of, text) => void warnings.push(text ?? '') }
    await streamNet({ listenOn: ['ws://0.0.0.0:0/a'], logger })
    expect(warnings).toEqual([expect.stringMatching(/is public and requires no password/)])
  })

  test('closes one that is still opening', async () => {
    const closed: boolean[] = []
    let open = (): void => {}
    const listenWebSocket: ListenWebSocket = async () => {
      await new Promise<void>((resolve) => (open = resolve))
      return { address: () => ({ host: 'h', port: 1 }), close: async () => void closed.push(true) }
    }
    const inbound = new Inbound({
      listenOn: ['ws://h:1/'],
      listenWebSocket,
      pick: () => Promise.reject(new Error('no')),
    })
    const listening = inbound.listen()
    const closing = inbound.close()
    open()
    await Promise.all([listening, closing])
    expect({ closed: closed.length > 0, addresses: inbound.addresses }).toEqual({ closed: true, addresses: [] })
  })

  test('names the port when it is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await onceEvent(taken, 'listening')
    closing(taken)
    const { port } = taken.address() as { port: number }
    const listenWebSocket: ListenWebSocket = async () => {
      const cause = await onceEvent(createServer().listen(port, '127.0.0.1'), 'error')
      throw new Error('cannot listen', { cause: cause[0] })
    }
    const inbound = new Inbound({
      listenOn: [`ws://127.0.0.1:${port}/a`],
      listenWebSocket,
      pick: () => Promise.reject(new Error('no')),
    })
    await expect(inbound.listen()).rejects.toMatchObject({
      name: 'ListenError',
      message: `the proxy port cannot listen on ws://127.0.0.1:${port}/a: the port is in use by another program`,
    })
  })

  test('cannot be opened without a way to', async () => {
    const inbound = new Inbound({ listenOn: ['ws://127.0.0.1:1/'], pick: () => Promise.reject(new Error('no')) })
    await expect(inbound.listen()).rejects.toThrow(TypeError)
  })
})
