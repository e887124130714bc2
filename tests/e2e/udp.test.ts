import { createSocket, type Socket as UdpSocket, type SocketType } from 'node:dgram'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { UdpOptions } from '@ls/relay'
import { turns, until, within } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { readExactly, UdpAssociation } from '../interop/socks-client.js'
import { afterTest, closing } from '../stress/cleanup.js'
import { type Mode, modes, proxyNet, type ProxyNetOptions } from '../stress/proxy-net.js'
import { udpEcho } from './udp-echo.js'

async function udpSocket(type: SocketType = 'udp4', host = '127.0.0.1'): Promise<UdpSocket> {
  const socket = createSocket(type)
  afterTest(() => socket.close())
  socket.bind(0, host)
  await once(socket, 'listening')
  return socket
}

/** UDP ASSOCIATE without a library: its connection, and the ten bytes of the reply (RFC 1928 §6). */
async function associate(port: number): Promise<{ control: Socket; reply: Buffer; relayPort: number }> {
  const control = connect({ port, host: '127.0.0.1' })
  afterTest(() => control.destroy())
  control.write(Buffer.from([5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0]))
  await readExactly(control, 2)
  const reply = await readExactly(control, 10)
  control.resume()
  return { control, reply, relayPort: reply.readUInt16BE(8) }
}

/** Builds a datagram of RFC 1928 §7 to a target on this machine. */
function datagram(targetPort: number, payload: string, fragment = 0): Buffer {
  const port = [targetPort >> 8, targetPort & 0xff]
  return Buffer.concat([Buffer.from([0, 0, fragment, 1, 127, 0, 0, 1, ...port]), Buffer.from(payload)])
}

/** Builds a datagram to a name. */
function datagramTo(name: string, targetPort: number, payload: string): Buffer {
  const port = [targetPort >> 8, targetPort & 0xff]
  return Buffer.concat([
    Buffer.from([0, 0, 0, 3, name.length]),
    Buffer.from(name),
    Buffer.from([...port]),
    Buffer.from(payload),
  ])
}

/** An association with an echo server, and the answers to each of two sockets. */
async function associated(mode: Mode = 'forward', options: ProxyNetOptions = {}) {
  const net = await proxyNet(mode, options)
  const echo = closing(await udpEcho())
  const [own, foreign] = [await udpSocket(), await udpSocket()]
  const received: string[] = []
  own.on('message', (bytes) => received.push(bytes.subarray(10).toString()))
  foreign.on('message', () => received.push('to a stranger'))
  const association = await associate(net.socks.port)
  return { ...net, ...association, echo, own, foreign, received }
}

/** Answers questions for one A record, as a resolver does (RFC 1035 §4). */
async function dnsServer(): Promise<number> {
  const socket = await udpSocket()
  socket.on('message', (query, from) => {
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])
    const record = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7])
    socket.send(Buffer.concat([header, query.subarray(12), record]), from.port, from.address)
  })
  return socket.address().port
}

describe.each(modes)('UDP in %s mode', (mode) => {
  test('carries a DNS query and its answer', async () => {
    const port = await dnsServer()
    const { socks } = await proxyNet(mode)
    const association = closing(await UdpAssociation.open(socks.port))
    const question = Buffer.from('\u0007example\u0003com\u0000\u0000\u0001\u0000\u0001', 'latin1')
    const query = Buffer.concat([Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), question])
    const { payload } = await association.exchange('127.0.0.1', port, query)
    expect({ id: payload.readUInt16BE(0), address: [...payload.subarray(-4)].join('.') }).toEqual({
      id: 0x1234,
      address: '192.0.2.7',
    })
  })

  test('ends with the connection that asked for it', async () => {
    const { control, own, relayPort, echo, received, sessions } = await associated(mode)
    own.send(datagram(echo.port, 'one'), relayPort)
    await until(() => received.length === 1, 'the echo')
    control.destroy()
    await until(() => sessions().every(({ channelCount }) => channelCount === 0), 'all tables to be empty')
    expect(received).toEqual(['one'])
  })
})

describe('an association', () => {
  test('takes no fragments', async () => {
    const { own, relayPort, echo, received } = await associated()
    own.send(datagram(echo.port, 'a part', 1), relayPort)
    own.send(datagram(echo.port, 'whole'), relayPort)
    await until(() => received.length > 0, 'the echo')
    expect(received).toEqual(['whole'])
  })

  test('takes nothing from another port than that of its client', async () => {
    const { own, foreign, relayPort, echo, received } = await associated()
    own.send(datagram(echo.port, 'one'), relayPort)
    await until(() => received.length === 1, 'the first echo')
    foreign.send(datagram(echo.port, 'forged'), relayPort)
    await turns(20)
    own.send(datagram(echo.port, 'two'), relayPort)
    await until(() => received.length > 1, 'the second echo')
    expect(received).toEqual(['one', 'two'])
  })

  test('takes no datagram that is cut short', async () => {
    const { own, relayPort, echo, received } = await associated()
    own.send(Buffer.from([0, 0, 0, 1, 127]), relayPort)
    own.send(datagram(echo.port, 'whole'), relayPort)
    await until(() => received.length > 0, 'the echo')
    expect(received).toEqual(['whole'])
  })

  test('advertises the address that its client reached', async () => {
    const { reply } = await associated()
    expect([...reply.subarray(3, 8)]).toEqual([1, 127, 0, 0, 1])
  })

  test('advertises the address it was told to', async () => {
    const { reply } = await associated('forward', { client: { proxy: { udp: { advertise: '192.0.2.9' } } } })
    expect([...reply.subarray(3, 8)]).toEqual([1, 192, 0, 2, 9])
  })

  test('is closed once it was idle for its limit', async () => {
    const { control, sessions } = await associated('forward', { server: { exit: { udp: { idleMs: 30 } } } })
    if (!control.destroyed) await within(once(control, 'close'), 'the connection to be closed')
    await until(() => sessions().every(({ channelCount }) => channelCount === 0), 'all tables to be empty')
    expect(control.readableEnded).toBe(true)
  })

  test('reaches targets by IPv6', async () => {
    const target = await udpSocket('udp6', '::1')
    target.on('message', (bytes, from) => target.send(bytes, from.port, from.address))
    const { own, relayPort } = await associated()
    const answered = once(own, 'message') as Promise<[Buffer]>
    const { port } = target.address()
    const head = [0, 0, 0, 4, ...Array.from({ length: 15 }, () => 0), 1, port >> 8, port & 0xff]
    own.send(Buffer.concat([Buffer.from(head), Buffer.from('six')]), relayPort)
    const [bytes] = await within(answered, 'the echo')
    expect({ header: [...bytes.subarray(0, 22)], payload: bytes.subarray(22).toString() }).toEqual({
      header: head,
      payload: 'six',
    })
  })
})

describe('a name that does not resolve in time', () => {
  /** Never answers. */
  const resolver: NonNullable<UdpOptions['resolver']> = { lookup: () => () => {} }

  test('holds up no other datagram', async () => {
    const { own, relayPort, echo, received } = await associated('forward', { server: { exit: { udp: { resolver } } } })
    own.send(datagramTo('slow.test', 53, 'waits'), relayPort)
    own.send(datagram(echo.port, 'goes'), relayPort)
    await until(() => received.length > 0, 'the echo')
    expect(received).toEqual(['goes'])
  })

  test('keeps so many datagrams waiting and no more', async () => {
    const options = { server: { exit: { udp: { resolver, maxResolving: 2 } } } }
    const { own, relayPort, echo, received, server } = await associated('forward', options)
    for (let index = 0; index < 5; index++) own.send(datagramTo('slow.test', 53, 'waits'), relayPort)
    own.send(datagram(echo.port, 'goes'), relayPort)
    await until(() => received.length > 0, 'the echo')
    const dropped = [...server.peers].flatMap(({ session }) => [...session.channels()].map((c) => c.droppedDatagrams))
    expect(dropped).toEqual([3])
  })
})
