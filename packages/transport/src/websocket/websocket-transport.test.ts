import { createHash } from 'node:crypto'
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { processFramePool } from '@ls/mux/frames'
import {
  describeMessageTransport,
  FakeClock,
  onceEvent,
  RecordingHandler,
  seededBytes,
  seededDigest,
  tcpServer,
  turns,
  until,
  type TransportPair,
  useCleanups,
} from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { connect, type ConnectOptions } from '../connect/connect.js'
import type { ListenOptions } from '../listen/listen-options.js'
import { listen } from '../listen/listen.js'
import type { WebSocketTransport } from './websocket-transport.js'

interface LinkedPair {
  readonly client: WebSocketTransport
  readonly server: WebSocketTransport
  dispose(): Promise<void>
}

type Options = Partial<ConnectOptions & ListenOptions>

async function linkedPair(clientOptions: Options = {}, serverOptions: Options = {}): Promise<LinkedPair> {
  let accept: (transport: WebSocketTransport) => void
  const accepted = new Promise<WebSocketTransport>((resolve) => (accept = resolve))
  const listener = await listen({ port: 0, ...serverOptions, onTransport: (transport) => accept(transport) })
  const client = await connect({ url: `ws://127.0.0.1:${listener.address().port}`, ...clientOptions })
  return { client, server: await accepted, dispose: () => listener.closeAll() }
}

describeMessageTransport('WebSocketTransport, client side', async (): Promise<TransportPair> => {
  const { client, server, dispose } = await linkedPair()
  return { left: client, right: server, dispose }
})

describeMessageTransport('WebSocketTransport, server side', async (): Promise<TransportPair> => {
  const { client, server, dispose } = await linkedPair()
  return { left: server, right: client, dispose }
})

const cleanups = useCleanups('leaks')

/** A linked pair with recording handlers, cleaned up after the test. */
async function pair(clientOptions: Options = {}, serverOptions: Options = {}) {
  const { client, server, dispose } = await linkedPair(clientOptions, serverOptions)
  cleanups.push(dispose, () => client.destroy())
  const atClient = new RecordingHandler()
  const atServer = new RecordingHandler()
  client.setHandler(atClient)
  server.setHandler(atServer)
  return { client, server, atClient, atServer }
}

/** A server whose one transport records; returns its URL too, for other clients. */
async function recordingServer(options: Options = {}, onTransport?: (transport: WebSocketTransport) => void) {
  const handler = new RecordingHandler()
  const listener = await listen({
    port: 0,
    ...options,
    onTransport(transport) {
      onTransport?.(transport)
      transport.setHandler(handler)
    },
  })
  cleanups.push(() => listener.closeAll())
  return { handler, url: `ws://127.0.0.1:${listener.address().port}/socket` }
}

async function foreignClient(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  cleanups.push(() => socket.terminate())
  await onceEvent(socket, 'open')
  return socket
}

/** A client transport whose server opened the WebSocket without this package and then only reads. */
async function muteServer(options: Partial<ConnectOptions> = {}) {
  const server = await tcpServer((socket) => socket.once('data', (head) => socket.write(acceptUpgrade(head))))
  let raw: Socket | undefined
  const dial: ConnectOptions['dial'] = ({ host, port }) => Promise.resolve((raw = connectTcp(port, host)))
  const transport = await connect({ url: `ws://127.0.0.1:${server.port}`, dial, ...options })
  cleanups.push(
    () => server.close(),
    () => transport.destroy(),
  )
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  const [peer] = server.sockets
  return { transport, handler, peer: peer!, raw: raw! }
}

function acceptUpgrade(head: Buffer): string {
  const key = /sec-websocket-key: (\S+)/i.exec(head.toString())?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

const closed = (handler: RecordingHandler): Promise<void> => until(() => handler.closes.length > 0, 'onClose')

describe('WebSocketTransport limits', () => {
  test('a message of exactly maxMessageBytes arrives', async () => {
    const { client, atServer } = await pair({}, { maxMessageBytes: 1000 })
    client.send(new Uint8Array(1000))
    await until(() => atServer.messages.length === 1, 'the message')
    expect(atServer.byteCount).toBe(1000)
  })

  test('a larger message closes with 1009, naming the limit', async () => {
    const { client, atServer } = await pair({}, { maxMessageBytes: 1000 })
    client.send(new Uint8Array(1001))
    await closed(atServer)
    expect(atServer.closes[0]).toMatchObject({
      code: 1009,
      reason: 'the peer sent a message of more than 1000 bytes',
      cause: { code: 'ERR_TRANSPORT_MESSAGE_TOO_LARGE' },
    })
  })

  test('the sender of a larger message gets the reason', async () => {
    const { client, atClient } = await pair({}, { maxMessageBytes: 1000 })
    client.send(new Uint8Array(1001))
    await closed(atClient)
    expect(atClient.closes[0]).toEqual({ code: 1009, reason: 'message too large' })
  })

  test('a message in fragments arrives whole', async () => {
    const { handler, url } = await recordingServer()
    const socket = await foreignClient(url)
    socket.send(Uint8Array.of(1, 2), { fin: false })
    socket.send(Uint8Array.of(3), { fin: true })
    await until(() => handler.messages.length > 0, 'the message')
    expect([...handler.messages[0]!]).toEqual([1, 2, 3])
  })

  test('a text message closes with 1003 and is not delivered', async () => {
    const { handler, url } = await recordingServer()
    const socket = await foreignClient(url)
    socket.send('text')
    const [code, reason] = await onceEvent(socket, 'close')
    await closed(handler)
    expect({ code, reason: String(reason), messages: handler.messages, cause: handler.closes[0]?.cause }).toEqual({
      code: 1003,
      reason: 'text message received, only binary messages are allowed',
      messages: [],
      cause: expect.objectContaining({ code: 'ERR_TRANSPORT_TEXT_MESSAGE' }) as unknown,
    })
  })

  test('a broken frame closes with 1002', async () => {
    const { transport, handler, peer } = await muteServer({ closeTimeoutMs: 50 })
    peer.write(Uint8Array.of(0xf2, 0x00))
    await closed(handler)
    expect({ code: handler.closes[0]?.code, send: transport.send(new Uint8Array(1)) }).toEqual({
      code: 1002,
      send: false,
    })
  })

  test('after a broken fragment it reads what its peer still sends', async () => {
    const { peer } = await muteServer()
    peer.write(Uint8Array.of(0x02, 0x00, 0xf0, 0x00))
    const error = await new Promise((resolve) => peer.write(new Uint8Array(16 * 1024 * 1024), resolve))
    expect(error ?? 'none').toBe('none')
  })
})

describe('WebSocketTransport back-pressure', () => {
  test('what waits stays within the mark and one message, at a peer that never reads', async () => {
    const { client, server, atClient } = await pair({ highWaterBytes: 100_000 })
    server.pause()
    let mostBytes = 0
    let drains: number
    do {
      drains = atClient.drains
      while (client.send(new Uint8Array(10_000))) mostBytes = Math.max(mostBytes, client.bufferedBytes)
      mostBytes = Math.max(mostBytes, client.bufferedBytes)
      await turns(50)
    } while (atClient.drains > drains)
    expect(mostBytes).toBeLessThanOrEqual(100_000 + 2 * 10_014)
  })

  test('a paused receiver leaves what comes to the system and stops the sender', async () => {
    const { client, server, atServer, atClient } = await pair()
    client.pause()
    const message = new Uint8Array(65_536)
    const before = process.memoryUsage().arrayBuffers
    let drains: number
    do {
      drains = atServer.drains
      while (server.send(message)) await turns(1)
      await turns(50)
    } while (atServer.drains > drains)
    const grownBytes = process.memoryUsage().arrayBuffers - before
    expect({ messages: atClient.messages.length, limited: grownBytes < 1024 * 1024 }).toEqual({
      messages: 0,
      limited: true,
    })
  })

  test('messages sent in one turn leave in one write, whichever event they came from', async () => {
    const { transport, peer, writes } = await countedWrites()
    for (let index = 0; index < 10; index++) setImmediate(() => transport.send(Uint8Array.of(index)))
    await onceEvent(peer, 'data')
    expect(writes).toEqual([10 * (2 + 4 + 1)])
  })

  test('much leaves before the next event of its turn', async () => {
    const { transport, writes } = await countedWrites()
    transport.send(new Uint8Array(20_000))
    const written = await new Promise((resolve) => process.nextTick(() => resolve([...writes])))
    expect(written).toEqual([20_000 + 8])
  })

  test('what follows much in its turn leaves as well', async () => {
    const { transport, peer, writes } = await countedWrites()
    transport.send(Uint8Array.of(1))
    transport.send(new Uint8Array(20_000))
    process.nextTick(() => transport.send(Uint8Array.of(2)))
    let received = 0
    peer.on('data', (bytes: Buffer) => (received += bytes.length))
    await until(() => received === 7 + 20_008 + 7, 'all bytes')
    expect(writes).toEqual([7 + 20_008, 7])
  })

  test('send keeps its promise after a turn: all bytes arrive in order', async () => {
    const { server, atClient } = await pair()
    const bytes = seededBytes(3)
    for (let index = 0; index < 300; index++) {
      server.send(bytes.take(index * 7))
      if (index % 10 === 0) await turns(1)
    }
    await until(() => atClient.messages.length === 300, 'all messages')
    const expected = seededBytes(3)
    const all = Array.from({ length: 300 }, (_, index) => expected.take(index * 7))
    expect(atClient.digests()).toEqual(RecordingHandler.digestsOf(all))
  })
})

describe('WebSocketTransport heartbeat', () => {
  test('measures the round trip immediately', async () => {
    const { client } = await pair()
    await until(() => client.roundTripMs !== undefined, 'a measurement')
    expect(client.roundTripMs).toBeGreaterThan(0)
  })

  test('a peer that stops answering is cut at the deadline, and the reason says so', async () => {
    const clock = new FakeClock()
    const { handler } = await muteServer({ clock, heartbeat: { periodMs: 20_000, timeoutMs: 45_000 } })
    await turns(2)
    clock.advance(60_000)
    await closed(handler)
    expect(handler.closes[0]).toMatchObject({
      code: 1006,
      reason: expect.stringMatching(/^peer silent for \d+ ms \(limit 45000 ms\)$/) as unknown,
      cause: { code: 'ERR_TRANSPORT_PEER_SILENT' },
    })
  })

  test('the server side cuts a silent client as well', async () => {
    const clock = new FakeClock()
    const { handler, url } = await recordingServer({ clock })
    const socket = await foreignClient(url)
    socket.pause()
    await turns(2)
    clock.advance(60_000)
    await closed(handler)
    expect(handler.closes[0]?.reason).toContain('peer silent')
  })

  test('bytes of a message that is not complete yet are life', async () => {
    const clock = new FakeClock()
    const { handler, peer, raw } = await muteServer({ clock })
    // The start of a binary frame of 100 bytes.
    for (const bytes of [Uint8Array.of(0x82, 100), Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]) {
      const arrived = raw.bytesRead + bytes.length
      peer.write(bytes)
      await until(() => raw.bytesRead === arrived, 'the bytes')
      clock.advance(40_000)
    }
    expect(handler.closes).toEqual([])
  })

  test('a paused transport does not treat its peer as dead', async () => {
    const clock = new FakeClock()
    const { transport, handler } = await muteServer({ clock })
    await turns(2)
    transport.pause()
    clock.advance(600_000)
    await turns(50)
    expect(handler.closes).toEqual([])
  })

  test('false switches it off', async () => {
    const clock = new FakeClock()
    const { transport } = await muteServer({ clock, heartbeat: false })
    expect({ pendingTimers: clock.pendingTimers, keepalive: transport.keepalive }).toEqual({
      pendingTimers: 0,
      keepalive: undefined,
    })
  })

  test.each(['close', 'destroy'] as const)('%s ends it', async (end) => {
    const clock = new FakeClock()
    const { transport, handler } = await muteServer({ clock, closeTimeoutMs: 50 })
    await turns(2)
    transport[end]()
    await closed(handler)
    expect(clock.pendingTimers).toBe(0)
  })

  test('the end of the peer ends it', async () => {
    const clock = new FakeClock()
    const { handler, peer } = await muteServer({ clock })
    peer.destroy()
    await closed(handler)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('WebSocketTransport end', () => {
  test('close cuts a peer that does not answer within closeTimeoutMs', async () => {
    const { transport, handler } = await muteServer({ closeTimeoutMs: 50 })
    transport.close({ code: 4000, reason: 'bye' })
    await closed(handler)
    expect(handler.closes[0]).toMatchObject({ code: 4000, reason: 'bye' })
  })

  test('close with a code that may not be sent and an endless reason still works', async () => {
    const { client, atServer } = await pair()
    client.close({ code: 1006, reason: 'ü'.repeat(500) })
    await closed(atServer)
    expect(atServer.closes[0]).toEqual({ code: 1011, reason: 'ü'.repeat(61) })
  })

  test('close of a paused transport does not wait for what the peer sends', async () => {
    const { client, server, atServer } = await pair({}, { closeTimeoutMs: 20_000 })
    server.pause()
    for (let index = 0; index < 100; index++) client.send(new Uint8Array(10_000))
    server.close()
    await closed(atServer)
    expect(atServer.messages).toEqual([])
  })

  test('what a paused owner has not taken 60 s after the end is dropped, and onClose comes', async () => {
    const clock = new FakeClock()
    const { handler, url } = await recordingServer({ clock, heartbeat: false }, (transport) => {
      handler.onNextMessage = () => transport.pause()
    })
    const socket = await foreignClient(url)
    for (const byte of [1, 2, 3]) socket.send(Uint8Array.of(byte))
    socket.close(4000)
    await until(() => handler.messages.length === 1, 'the first message')
    await until(() => clock.pendingTimers === 1, 'the end')
    clock.advance(59_999)
    const early = handler.closes.length
    clock.advance(1)
    await closed(handler)
    expect({ early, messages: handler.messages.length, pendingTimers: clock.pendingTimers }).toEqual({
      early: 0,
      messages: 1,
      pendingTimers: 0,
    })
  })

  test('a connection that ends without a close message is 1006', async () => {
    const { handler, peer } = await muteServer()
    peer.end()
    await closed(handler)
    expect(handler.closes[0]).toMatchObject({ code: 1006, reason: 'connection ended without a close message' })
  })

  test('a connection that is reset keeps the cause', async () => {
    const { handler, peer } = await muteServer()
    peer.resetAndDestroy()
    await closed(handler)
    expect(handler.closes[0]).toMatchObject({ code: 1006, cause: { cause: { code: 'ECONNRESET' } } })
  })

  test('a flood of pings that is not read back ends in 1006 and not in memory', async () => {
    const { handler, peer } = await muteServer()
    peer.pause()
    const pings = Buffer.concat(Array<Buffer>(20_000).fill(Buffer.from([0x89, 0x7d, ...new Uint8Array(125)])))
    const flood = (): void => {
      while (!peer.destroyed && peer.write(pings)) continue
    }
    peer.on('drain', flood)
    flood()
    await closed(handler)
    expect(handler.closes[0]?.code).toBe(1006)
  })
})

const totalBytes = 50 * 1024 * 1024

/** The bytes of a seed in messages of random sizes: mostly short, some beyond a read of the socket. */
function* messagesOf(seed: number): Generator<Uint8Array> {
  const bytes = seededBytes(seed)
  const sizes = seededBytes(-seed)
  for (let left = totalBytes; left > 0;) {
    const [exponent = 0, ...rest] = sizes.take(5)
    const size = Math.min(left, Buffer.from(rest).readUInt32BE() % 2 ** (1 + (exponent % 18)))
    const message = processFramePool.take(size)
    message.set(bytes.take(size))
    yield message
    left -= size
  }
}

/** Hashes the received messages, and returns their memory as a receiver does after writing. */
class Digest {
  readonly #hash = createHash('sha256')
  #bytes = 0

  readonly add = (message: Uint8Array): void => {
    this.#hash.update(message)
    this.#bytes += message.length
    processFramePool.give(message)
  }

  async hex(): Promise<string> {
    await until(() => this.#bytes >= totalBytes, 'all bytes', { timeoutMs: 15_000 })
    return `${this.#bytes} ${this.#hash.digest('hex')}`
  }
}

const digestOf = (seed: number): string => `${totalBytes} ${seededDigest(seed, totalBytes)}`

/**
 * Sends as fast as the transport accepts messages, from memory that it may write headers to. Returns the hash of the
 * bytes received meanwhile.
 */
function exchange(transport: WebSocketTransport, seed: number): Promise<string> {
  const digest = new Digest()
  const messages = messagesOf(seed)
  const send = (): void => {
    for (let more = true; more;) {
      const next = messages.next()
      if (next.done === true) return
      more = transport.send(next.value, processFramePool.headroomOf(next.value))
      // As if the peer had acknowledged it: the memory must not be reused before it is written.
      processFramePool.give(next.value)
    }
  }
  transport.setHandler({ onMessage: digest.add, onDrain: send, onClose: () => {} })
  send()
  return digest.hex()
}

/** The same on a WebSocket of ws, with pings in between. */
async function exchangeByWs(socket: WebSocket, seed: number): Promise<string> {
  const digest = new Digest()
  socket.on('message', digest.add)
  if (socket.readyState === WebSocket.CONNECTING) await onceEvent(socket, 'open')
  let count = 0
  for (const message of messagesOf(seed)) {
    if (count++ % 50 === 0) socket.ping(message.subarray(0, 125))
    await new Promise<void>((resolve) => socket.send(message, () => resolve()))
    processFramePool.give(message)
  }
  return digest.hex()
}

describe('WebSocketTransport carries 50 MiB each way in messages of random sizes', () => {
  test('between its two sides', async () => {
    const { client, server, dispose } = await linkedPair()
    cleanups.push(dispose, () => client.destroy())
    const received = await Promise.all([exchange(client, 1), exchange(server, 2)])
    expect(received).toEqual([digestOf(2), digestOf(1)])
  })

  test('as a server, with a client that is not ours', async () => {
    let atServer: Promise<string> | undefined
    const onTransport = (transport: WebSocketTransport): void => void (atServer = exchange(transport, 1))
    const listener = await listen({ port: 0, onTransport })
    cleanups.push(() => listener.closeAll())
    const socket = new WebSocket(`ws://127.0.0.1:${listener.address().port}/socket`)
    cleanups.push(() => socket.terminate())
    const atClient = await exchangeByWs(socket, 2)
    expect({ atClient, atServer: await atServer }).toEqual({ atClient: digestOf(1), atServer: digestOf(2) })
  })

  test('as a client, with a server that is not ours', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
    await onceEvent(server, 'listening')
    const accepted = onceEvent(server, 'connection')
    const client = await connect({ url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` })
    cleanups.push(() => client.destroy())
    const [socket] = await accepted
    const received = await Promise.all([exchange(client, 1), exchangeByWs(socket as WebSocket, 2)])
    expect(received).toEqual([digestOf(2), digestOf(1)])
  })
})

/** A client whose writes to the system are counted in bytes, with a peer that sends nothing. */
async function countedWrites() {
  const writes: number[] = []
  const dial: ConnectOptions['dial'] = ({ host, port }) => countingDial(host, port, writes)
  const { transport, peer } = await muteServer({ dial, heartbeat: false })
  writes.length = 0
  return { transport, peer, writes }
}

/** A stream that is no socket, and records the size of each of its writes. */
function countingDial(host: string, port: number, writes: number[]): Promise<Duplex> {
  const socket = connectTcp(port, host)
  const stream = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, callback) {
      writes.push(chunk.length)
      socket.write(chunk, callback)
    },
    writev(chunks, callback) {
      const all = Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer))
      writes.push(all.length)
      socket.write(all, callback)
    },
    destroy(error, callback) {
      socket.destroy()
      callback(error)
    },
  })
  socket.on('data', (chunk) => void (stream.push(chunk) || socket.pause()))
  socket.on('close', () => stream.destroy())
  return Promise.resolve(stream)
}
