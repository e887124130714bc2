import { decode, encode, type Message, MessageType, newChannelId } from '@ls/codec'
import { turns } from '@ls/testkit'
import { beforeEach, expect, test } from 'vitest'
import { frameOf } from './frame-reader.js'
import type { QuicConnection, QuicStream } from './quic.js'
import { StreamTransport } from './stream-transport.js'

/** A stream whose other end is the test. */
class FakeStream implements QuicStream {
  readonly written: Uint8Array[] = []
  isClosed = false
  /** Set to keep writes waiting. */
  gate: Promise<void> | undefined
  readonly #chunks: (Uint8Array | undefined)[] = []
  #wake: () => void = () => {}

  async write(bytes: Uint8Array): Promise<void> {
    this.written.push(bytes)
    await this.gate
  }

  async read(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    return this.#chunks.shift()
  }

  close(): void {
    this.isClosed = true
    this.push(undefined)
  }

  push(chunk: Uint8Array | undefined): void {
    this.#chunks.push(chunk)
    this.#wake()
  }
}

let opened: FakeStream[]
let accept: (stream: QuicStream) => void
let lose: (reason: string) => void
let transport: StreamTransport
let got: Message[]
let closed: string[]
let drains: number

const channelId = newChannelId()
const connect = encode({
  type: MessageType.Connect,
  protocol: 'tcp',
  channelId,
  address: { host: 'a.example', port: 80 },
})
const data = encode({
  type: MessageType.Data,
  protocol: 'tcp',
  compression: 'none',
  channelId,
  payload: Buffer.from('x'),
})
const disconnect = encode({ type: MessageType.Disconnect, channelId, error: '' })

beforeEach(() => {
  opened = []
  got = []
  closed = []
  drains = 0
  const connection: QuicConnection = {
    open: () => opened[opened.push(new FakeStream()) - 1]!,
    onStream: (call) => (accept = call),
    onClosed: (call) => (lose = call),
    close: () => {},
  }
  transport = new StreamTransport(connection)
  transport.setHandler({
    onMessage: (message) => got.push(decode(message)),
    onDrain: () => drains++,
    onClose: ({ reason }) => closed.push(reason),
  })
})

test('send opens a stream with Connect, and writes the channel to it', () => {
  transport.send(connect)
  transport.send(data)
  expect(opened.map(({ written }) => written)).toEqual([[frameOf(connect), frameOf(data)]])
})

test('send drops messages of a channel without a stream', () => {
  transport.send(data)
  expect(opened).toEqual([])
})

test('send ends the stream with Disconnect', () => {
  transport.send(connect)
  transport.send(disconnect)
  expect({ isClosed: opened[0]!.isClosed, streams: transport.streamCount }).toEqual({ isClosed: true, streams: 0 })
})

test('send returns false above the high-water mark, and onDrain follows', async () => {
  transport.send(connect)
  let open = (): void => {}
  opened[0]!.gate = new Promise((resolve) => (open = resolve))
  const payload = Buffer.alloc(1_048_576)
  const accepted = transport.send(
    encode({ type: MessageType.Data, protocol: 'tcp', compression: 'none', channelId, payload }),
  )
  open()
  await turns(5)
  expect({ accepted, drains }).toEqual({ accepted: false, drains: 1 })
})

test('StreamTransport delivers from a stream of the peer the messages of its channel', async () => {
  const stream = new FakeStream()
  accept(stream)
  stream.push(Buffer.concat([frameOf(connect), frameOf(data)]))
  await turns(5)
  expect(got.map(({ type }) => type)).toEqual([MessageType.Connect, MessageType.Data])
})

test('StreamTransport drops the messages of another channel in a stream', async () => {
  const stream = new FakeStream()
  accept(stream)
  stream.push(
    Buffer.concat([
      frameOf(connect),
      frameOf(encode({ type: MessageType.Disconnect, channelId: newChannelId(), error: '' })),
    ]),
  )
  await turns(5)
  expect(got.map(({ type }) => type)).toEqual([MessageType.Connect])
})

test('StreamTransport ends the channel of a stream that ends', async () => {
  transport.send(connect)
  opened[0]!.push(undefined)
  await turns(5)
  expect(got).toEqual([{ type: MessageType.Disconnect, channelId, error: 'the direct stream has ended' }])
})

test('StreamTransport ends at a broken frame only its channel', async () => {
  transport.send(connect)
  opened[0]!.push(Buffer.alloc(4))
  await turns(5)
  expect({ types: got.map(({ type }) => type), closed }).toEqual({ types: [MessageType.Disconnect], closed: [] })
})

test('StreamTransport delivers nothing while it is paused', async () => {
  transport.pause()
  const stream = new FakeStream()
  accept(stream)
  stream.push(frameOf(connect))
  await turns(5)
  const before = got.length
  transport.resume()
  await turns(5)
  expect({ before, after: got.length }).toEqual({ before: 0, after: 1 })
})

test('StreamTransport closes once when the connection is lost', async () => {
  lose('gone')
  lose('again')
  await turns(2)
  expect(closed).toEqual(['gone'])
})
