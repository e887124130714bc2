import { createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { testCertificate, until } from '@ls/testkit'
import { events, type QUICConnection, QUICServer, type QUICStream } from '@matrixai/quic'
import { expect, onTestFinished, test } from 'vitest'
import { openQuicSocket } from './native-quic.js'
import type { QuicStream } from './quic.js'

const silent: unknown = { debug() {}, info() {}, warn() {}, error() {}, getChild: () => silent }
type ServerOptions = ConstructorParameters<typeof QUICServer>[0]

/** A QUIC server that sends back what a stream brings. */
async function echoServer(host: string) {
  const sign = (key: ArrayBuffer, data: BufferSource): ArrayBuffer => {
    const mac = createHmac('sha256', Buffer.from(key))
      .update(Buffer.from(data as ArrayBuffer))
      .digest()
    return mac.buffer.slice(mac.byteOffset, mac.byteOffset + mac.length)
  }
  const crypto = {
    key: new Uint8Array(randomBytes(32)).buffer,
    ops: { sign: async (key: ArrayBuffer, data: BufferSource) => sign(key, data), verify: async () => true },
  }
  const { key, cert } = testCertificate()
  const config = { key, cert, verifyPeer: false, applicationProtos: ['linksocks-direct'] }
  const logger = silent as NonNullable<ServerOptions['logger']>
  const server = new QUICServer({ crypto, config, logger } as unknown as ServerOptions)
  const connections: QUICConnection[] = []
  server.addEventListener(events.EventQUICServerConnection.name, (event) => {
    const connection = (event as unknown as { detail: QUICConnection }).detail
    connections.push(connection)
    connection.addEventListener(events.EventQUICConnectionStream.name, (opened) => {
      const stream = (opened as unknown as { detail: QUICStream }).detail
      stream.readable.pipeTo(stream.writable).catch(() => {})
    })
  })
  await server.start({ host, port: 0 })
  onTestFinished(() => server.stop({ force: true }).catch(() => {}))
  return { place: { address: host, port: server.port }, connections }
}

async function dial(host = '127.0.0.1') {
  const { place, connections } = await echoServer(host)
  const socket = await openQuicSocket()
  onTestFinished(() => socket.close())
  const connection = await socket.dial(place, 5000)
  // The server reports it once its own handshake has ended.
  await until(() => connections.length === 1, 'the connection at the server')
  return { connection, connections }
}

async function read(stream: QuicStream, bytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for (let got = 0; got < bytes;) {
    const chunk = await stream.read()
    if (chunk === undefined) break
    chunks.push(chunk)
    got += chunk.length
  }
  return Buffer.concat(chunks)
}

test('openQuicSocket carries bytes of a stream in both directions', async () => {
  const { connection } = await dial()
  const bytes = randomBytes(3_000_000)
  const stream = connection.open()
  const echoed = read(stream, bytes.length)
  for (let at = 0; at < bytes.length; at += 100_000) await stream.write(bytes.subarray(at, at + 100_000))
  expect((await echoed).equals(bytes)).toBe(true)
}, 60_000)

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))

// Containers may have no IPv6.
test.runIf(hasIPv6)('openQuicSocket carries a stream over IPv6', async () => {
  const { connection } = await dial('::1')
  const stream = connection.open()
  await stream.write(Buffer.from('over IPv6'))
  expect(String(await read(stream, 9))).toBe('over IPv6')
})

test.runIf(hasIPv6).each(['127.0.0.1', '::1'])(
  'openQuicSocket passes on packets of %s, with that address',
  async (host) => {
    const peer = createSocket(host === '::1' ? 'udp6' : 'udp4').bind(0, host)
    onTestFinished(() => void peer.close())
    await once(peer, 'listening')
    const socket = await openQuicSocket()
    onTestFinished(() => socket.close())
    const received = new Promise((resolve) =>
      socket.onPacket((packet, from) => resolve([String(packet), from.address])),
    )
    peer.on('message', (packet, { port, address }) => peer.send(`${String(packet)}, too`, port, address))
    socket.send(Buffer.from('hello'), { address: host, port: peer.address().port })
    expect(await received).toEqual(['hello, too', host])
  },
)

test('openQuicSocket carries many streams at one time', async () => {
  const { connection } = await dial()
  const all = Array.from({ length: 20 }, async (_none, index) => {
    const stream = connection.open()
    const bytes = Buffer.alloc(50_000, index)
    await stream.write(bytes)
    const echoed = await read(stream, bytes.length)
    stream.close()
    return echoed.equals(bytes)
  })
  expect(new Set(await Promise.all(all))).toEqual(new Set([true]))
}, 60_000)

test('openQuicSocket passes on streams that the peer opens, and their end', async () => {
  const { connection, connections } = await dial()
  const opened = new Promise<QuicStream>((resolve) => connection.onStream(resolve))
  const writer = connections[0]!.newStream('bidi').writable.getWriter()
  await writer.write(Buffer.from('hello'))
  const stream = await opened
  const first = await stream.read()
  void writer.close()
  expect({ first: String(first), end: await stream.read() }).toEqual({ first: 'hello', end: undefined })
})

test('openQuicSocket reports the end of a connection, and fails its reads', async () => {
  const { connection, connections } = await dial()
  const stream = connection.open()
  await stream.write(Buffer.from('x'))
  const failed = stream.read().then(() => stream.read())
  const reasons: string[] = []
  connection.onClosed((reason) => reasons.push(reason))
  void connections[0]!.stop({ isApp: true, errorCode: 0, force: true }).catch(() => {})
  await expect(failed).rejects.toThrow('the QUIC connection was closed')
  await until(() => reasons.length === 1, 'the reason')
})

test('openQuicSocket fails to dial a port that does not answer', async () => {
  const silentPeer = createSocket('udp4').bind(0, '127.0.0.1')
  onTestFinished(() => void silentPeer.close())
  await once(silentPeer, 'listening')
  const socket = await openQuicSocket()
  onTestFinished(() => socket.close())
  await expect(socket.dial({ address: '127.0.0.1', port: silentPeer.address().port }, 200)).rejects.toThrow('closed')
})

test('openQuicSocket sends nothing to port 0, from which a packet can come', async () => {
  const socket = await openQuicSocket()
  onTestFinished(() => socket.close())
  expect(() => socket.send(Buffer.from('x'), { address: '127.0.0.1', port: 0 })).not.toThrow()
})
