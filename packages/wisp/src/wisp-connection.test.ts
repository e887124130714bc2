import { type Channel, type ChannelHandler, loopbackPair, type MessageTransport, Session } from '@ls/mux'
import { RecordingHandler, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { encodeClose, encodeData, parsePacket } from './packet.js'
import { WispConnection } from './wisp-connection.js'

interface SetUp {
  /** The client's end of the WebSocket. */
  readonly client: MessageTransport
  readonly heard: RecordingHandler
  /** Channels that the other side received. */
  readonly channels: Channel[]
  readonly connection: WispConnection
}

/** A client, and the side that opens its streams, which answers with `serve`. */
function setUp(serve: (channel: Channel) => void): SetUp {
  const [client, transport] = loopbackPair()
  const [left, right] = loopbackPair()
  const channels: Channel[] = []
  const near = new Session({ extensions: ['window', 'fin'] }, { onConnect: () => {}, onClose: () => {} })
  const onConnect = (channel: Channel): void => {
    channels.push(channel)
    serve(channel)
  }
  const far = new Session({ extensions: ['window', 'fin'] }, { onConnect, onClose: () => {} })
  near.attach(left)
  far.attach(right)
  const heard = new RecordingHandler()
  client.setHandler(heard)
  const connection = new WispConnection({ transport, session: near, onClose: (reason) => near.close(reason) })
  return { client, heard, channels, connection }
}

function connectPacket(stream: number, kind = 1, host = 'db.test'): Uint8Array {
  return new Uint8Array([1, stream, 0, 0, 0, kind, 80, 0, ...new TextEncoder().encode(host)])
}

/** Returns all received bytes. */
function echo(channel: Channel): void {
  const handler: ChannelHandler = {
    onData: (payload) => {
      channel.consumed(payload.length)
      channel.send(payload.slice())
    },
    onDatagram: (payload, target) => void channel.sendDatagram(payload.slice(), target ? { source: target } : {}),
    onEnd: () => channel.end(),
  }
  channel.accept(handler)
}

/** The packet that ends a stream; resolves when it has arrived. */
async function closeOf({ heard }: SetUp): Promise<number> {
  const find = (): Uint8Array | undefined => heard.messages.find((message) => message[0] === 4)
  await until(() => find() !== undefined, 'CLOSE')
  return find()?.[5] ?? 0
}

describe('WispConnection', () => {
  test('says first how many packets a stream may send', async () => {
    const { heard } = setUp(echo)
    await until(() => heard.messages.length > 0, 'CONTINUE')
    expect(heard.messages[0]).toEqual(new Uint8Array([3, 0, 0, 0, 0, 64, 0, 0, 0]))
  })

  test.each([
    ['TCP', 1],
    ['UDP', 2],
  ])('carries %s both ways', async (_, kind) => {
    const { client, heard } = setUp(echo)
    client.send(connectPacket(5, kind))
    client.send(encodeData(5, new Uint8Array([1, 2, 3])))
    const find = () => heard.messages.find((message) => message[0] === 2)
    await until(() => find() !== undefined, 'the echo')
    expect(parsePacket(find() ?? new Uint8Array())).toMatchObject({ stream: 5, payload: new Uint8Array([1, 2, 3]) })
  })

  test('gives credit while the target takes what comes', async () => {
    const { client, heard } = setUp(echo)
    client.send(connectPacket(5))
    for (let count = 0; count < 32; count++) client.send(encodeData(5, new Uint8Array(10)))
    const find = () => heard.messages.find((message) => message[0] === 3 && message[1] === 5)
    await until(() => find() !== undefined, 'CONTINUE')
    expect(find()?.[5]).toBe(64)
  })

  test('closes a stream whose client sends more than its credit, and no other', async () => {
    const all = setUp((channel) => channel.accept())
    all.client.send(connectPacket(5))
    const payload = new Uint8Array(1_048_576)
    for (let count = 0; count < 40; count++) all.client.send(encodeData(5, payload))
    expect(await closeOf(all)).toBe(0x49)
    expect(all.heard.closes).toEqual([])
  })

  test.each([
    ['refused: no', 0x44],
    ['forbidden: no', 0x48],
    ['dns: no', 0x42],
    ['failed: no', 0x03],
  ])('tells why there is no stream: %s', async (reason, code) => {
    const all = setUp((channel) => channel.reject(reason))
    all.client.send(connectPacket(5))
    expect(await closeOf(all)).toBe(code)
  })

  test.each([
    ['a kind that is not known', connectPacket(5, 9)],
    ['no host', connectPacket(5, 1, '')],
  ])('refuses %s', async (_, packet) => {
    const all = setUp(echo)
    all.client.send(packet)
    expect(await closeOf(all)).toBe(0x41)
  })

  test('ends the stream when the target ends', async () => {
    const all = setUp((channel) => {
      channel.accept()
      channel.end()
    })
    all.client.send(connectPacket(5))
    expect(await closeOf(all)).toBe(0x02)
  })

  test('ends the channel when the client closes the stream', async () => {
    const { client, channels } = setUp(echo)
    client.send(connectPacket(5))
    await until(() => channels.length === 1, 'the channel')
    client.send(encodeClose(5, 2))
    await until(() => channels[0]?.state === 'closed', 'its end')
    expect(channels).toHaveLength(1)
  })

  test('closes the WebSocket of a client that sends no packets', async () => {
    const { client, heard } = setUp(echo)
    client.send(new Uint8Array([1, 2]))
    await until(() => heard.closes.length > 0, 'the end')
    expect(heard.closes[0]).toMatchObject({ code: 1002 })
  })

  test('ends all channels with the WebSocket', async () => {
    const { client, channels } = setUp(echo)
    client.send(connectPacket(5))
    await until(() => channels.length === 1, 'the channel')
    client.close()
    await until(() => channels[0]?.state === 'closed', 'its end')
    expect(channels).toHaveLength(1)
  })
})
