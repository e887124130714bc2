import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { decodeDatagram, encodeDatagram, parseDestination } from '@ls/socks5'
import { turns, until, within } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest } from '../../testing/cleanup.js'
import { RawClient } from '../../testing/raw-client.js'
import { relayPair, type RelayPair, type RelayPairOptions } from '../../testing/relay-pair.js'

async function udpSocket(host = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.bind(0, host)
  await once(socket, 'listening')
  afterTest(() => {
    try {
      socket.close()
    } catch {
      // Closed by the test.
    }
  })
  return socket
}

async function udpEcho(): Promise<number> {
  const socket = await udpSocket()
  socket.on('message', (payload, from) => socket.send(payload, from.port, from.address))
  return socket.address().port
}

interface Association extends RelayPair {
  readonly client: RawClient
  readonly relay: { readonly host: string; readonly port: number }
}

/** Requests an association, announcing `announced` as the source of datagrams. */
async function associate(
  options: RelayPairOptions = {},
  announced: readonly number[] = [0, 0, 0, 0, 0, 0],
): Promise<Association> {
  const pair = await relayPair(options)
  const client = await RawClient.open({ host: '127.0.0.1', port: pair.port })
  client.write([5, 1, 0], [5, 3, 0, 1, ...announced])
  const reply = await client.read(12)
  expect(reply.subarray(0, 5).toString('hex')).toBe('0500050000')
  return { ...pair, client, relay: { host: reply.subarray(6, 10).join('.'), port: reply.readUInt16BE(10) } }
}

function send(from: Socket, { relay }: Association, port: number, text: string): void {
  from.send(encodeDatagram(parseDestination('127.0.0.1', port), Buffer.from(text)), relay.port, '127.0.0.1')
}

/** The client's own address with `port`, as in a request. */
function announcement(port: number): readonly number[] {
  return [127, 0, 0, 1, port >> 8, port & 0xff]
}

async function answerTo(socket: Socket): Promise<string> {
  const [bytes] = (await within(once(socket, 'message'), 'an answer')) as [Buffer]
  return Buffer.from(decodeDatagram(bytes).payload).toString()
}

describe('an association', () => {
  test('passes datagrams on, both ways', async () => {
    const association = await associate()
    const socket = await udpSocket()
    send(socket, association, await udpEcho(), 'ping')
    expect(await answerTo(socket)).toBe('ping')
  })

  test('passes on what the rules of the port allow, and nothing else', async () => {
    const [allowed, forbidden] = [await udpEcho(), await udpEcho()]
    const association = await associate({ inbound: { accessRules: [`127.0.0.1:${allowed}`] } })
    const socket = await udpSocket()
    send(socket, association, forbidden, 'forbidden')
    send(socket, association, allowed, 'allowed')
    expect(await answerTo(socket)).toBe('allowed')
  })

  test('reports the address that the client has reached', async () => {
    expect((await associate()).relay.host).toBe('127.0.0.1')
  })

  test('reports the advertised address', async () => {
    const { relay } = await associate({ inbound: { udpAdvertise: '192.0.2.9' } })
    expect(relay.host).toBe('192.0.2.9')
  })

  test('belongs to the first client of its address', async () => {
    const association = await associate()
    const echo = await udpEcho()
    const [owner, other] = [await udpSocket(), await udpSocket()]
    send(owner, association, echo, 'mine')
    await answerTo(owner)
    send(other, association, echo, 'not mine')
    send(owner, association, echo, 'mine again')
    expect(await answerTo(owner)).toBe('mine again')
  })

  test('takes nothing from another address', async () => {
    const association = await associate({ inbound: { listenOn: ['127.0.0.1:0'] } })
    const echo = await udpEcho()
    const [stranger, owner] = [await udpSocket('127.0.0.2'), await udpSocket()]
    send(stranger, association, echo, 'not mine')
    await turns(5)
    send(owner, association, echo, 'mine')
    expect(await answerTo(owner)).toBe('mine')
  })

  test('goes over to the port that its client has announced, once that sends', async () => {
    const owner = await udpSocket()
    const association = await associate({}, announcement(owner.address().port))
    const echo = await udpEcho()
    const other = await udpSocket()
    send(other, association, echo, 'not mine')
    await answerTo(other)
    send(owner, association, echo, 'mine')
    expect(await answerTo(owner)).toBe('mine')
  })

  test('takes nothing from other ports after the announced one', async () => {
    const owner = await udpSocket()
    const association = await associate({}, announcement(owner.address().port))
    const echo = await udpEcho()
    send(owner, association, echo, 'mine')
    await answerTo(owner)
    send(await udpSocket(), association, echo, 'not mine')
    send(owner, association, echo, 'mine again')
    expect(await answerTo(owner)).toBe('mine again')
  })

  test("passes datagrams of a client that announces the target's address", async () => {
    const echo = await udpEcho()
    const association = await associate({}, announcement(echo))
    const socket = await udpSocket()
    send(socket, association, echo, 'ping')
    expect(await answerTo(socket)).toBe('ping')
  })

  test('does not believe an announcement of another address, as from behind NAT', async () => {
    const association = await associate({}, [10, 0, 0, 1, 0, 9])
    const socket = await udpSocket()
    send(socket, association, await udpEcho(), 'ping')
    expect(await answerTo(socket)).toBe('ping')
  })

  test('drops fragments and bytes that are no SOCKS datagram, and continues', async () => {
    const association = await associate()
    const echo = await udpEcho()
    const socket = await udpSocket()
    for (const bytes of [[], [0], [0, 0, 1, 1, 127, 0, 0, 1, 0, 9, 65], [0, 0, 0, 9, 1]]) {
      socket.send(Uint8Array.from(bytes), association.relay.port, '127.0.0.1')
    }
    send(socket, association, echo, 'ping')
    expect(await answerTo(socket)).toBe('ping')
  })

  test('ends with its connection', async () => {
    const { client, near, far } = await associate()
    client.socket.end()
    await until(() => near.channelCount + far.channelCount === 0, 'the channel to go')
    await client.gone()
    expect(client.socket.destroyed).toBe(true)
  })

  test('ends when nothing has come for a while', async () => {
    const { client } = await associate({ inbound: { udp: { idleMs: 20 } } })
    await client.gone()
    expect(client.socket.readableEnded || client.socket.destroyed).toBe(true)
  })
})

test('serveUdpAssociate relays over IPv6', async () => {
  const { inbound } = await relayPair({ inbound: { listenOn: ['[::1]:0'] } })
  const client = await RawClient.open({ host: '::1', port: inbound.address?.port ?? 0 })
  client.write([5, 1, 0], [5, 3, 0, 1, 0, 0, 0, 0, 0, 0])
  const reply = await client.read(24)
  const socket = await udpSocket('::1')
  const datagram = encodeDatagram(parseDestination('127.0.0.1', await udpEcho()), Buffer.from('ping'))
  socket.send(datagram, reply.readUInt16BE(22), '::1')
  expect(await answerTo(socket)).toBe('ping')
})
