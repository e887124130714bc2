import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { maxEarlyDataBytes } from '@ls/codec'
import { RecordingHandler, tcpServer, until, useCleanups } from '@ls/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connect, type ConnectOptions } from '../connect/connect.js'
import { listen } from '../listen/listen.js'
import type { ByteStream } from './byte-stream.js'
import { connectByteStream, type ByteStreamConnectOptions } from './connect-byte-stream.js'
import { decodeEarlyData, encodeEarlyData, splitEarlyData, takeEarlyData } from './early-data.js'
import { listenByteStreams } from './listen-byte-streams.js'

const cleanups = useCleanups('leaks')

const greeting = Uint8Array.of(5, 1, 0)

describe('encodeEarlyData', () => {
  test('writes base64url without padding', () => {
    expect(encodeEarlyData([Uint8Array.of(0xfb, 0xff, 0xbf, 0xff)], 2048)).toEqual(['-_-__w'])
  })

  test('takes what fits and nothing behind what does not', () => {
    const messages = [3, 4, 1].map((length, index) => new Uint8Array(length).fill(index))
    expect(encodeEarlyData(messages, 6)).toHaveLength(1)
  })

  test.each([
    ['an empty message', [new Uint8Array()]],
    ['a message again', [Uint8Array.of(1), Uint8Array.of(1)]],
  ])('leaves %s to follow', (_name, messages) => {
    expect(encodeEarlyData(messages, 2048)).toHaveLength(messages.length - 1)
  })

  test('writes what decodeEarlyData reads', () => {
    const messages = fc.uniqueArray(fc.uint8Array({ minLength: 1 }), { minLength: 1, selector: String })
    fc.assert(
      fc.property(messages, (sent) => {
        const protocols = encodeEarlyData(sent, Number.MAX_SAFE_INTEGER)
        expect(decodeEarlyData(protocols.join(','))?.map((message) => [...message])).toEqual(
          sent.map((each) => [...each]),
        )
      }),
    )
  })
})

describe('decodeEarlyData', () => {
  test.each(['BQEA', '-_-__w', '+/+//w==', '+/+__w', 'BQEA, -_-__w', 'BQEA,-_-__w=='])('reads %s', (header) => {
    expect(decodeEarlyData(header)).toBeDefined()
  })

  test.each(['+/+//w==', '-_-__w', '-/-_/w='])('takes either alphabet: %s', (header) => {
    expect(decodeEarlyData(header)).toEqual([Buffer.from([0xfb, 0xff, 0xbf, 0xff])])
  })

  test.each(['', '=', 'A', 'ABCDE', 'BQEA,', 'no.base64', 'BQEA!', 'BQ EA', 'é'])('finds none in "%s"', (header) => {
    expect(decodeEarlyData(header)).toBeUndefined()
  })

  test('never throws, and never makes more of it than is there', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const bytes = decodeEarlyData(header)?.reduce((sum, { length }) => sum + length, 0) ?? 0
        expect(bytes).toBeLessThanOrEqual((header.length * 3) / 4)
      }),
    )
  })
})

describe('takeEarlyData', () => {
  const requestWith = (header: string): IncomingMessage =>
    ({ headers: { 'sec-websocket-protocol': header } }) as unknown as IncomingMessage

  test.each([
    ['early data', 'BQEA', undefined],
    ['what is no list of tokens', 'a/b=c d', undefined],
    ['an ordinary subprotocol', 'graphql-ws.v1', 'graphql-ws.v1'],
  ])('treats %s', (_name, header, left) => {
    const request = requestWith(header)
    takeEarlyData(request)
    expect(request.headers['sec-websocket-protocol']).toBe(left)
  })
})

describe('splitEarlyData', () => {
  test.each([
    ['wss://host.test/path?ed=2048', 'wss://host.test/path', 2048],
    ['wss://host.test/path?a=1&ed=0&b=2', 'wss://host.test/path?a=1&b=2', 0],
    ['wss://host.test/path?a=1', 'wss://host.test/path?a=1', undefined],
  ])('parts %s', (given, href, earlyDataBytes) => {
    const parts = splitEarlyData(new URL(given))
    expect({ href: parts.url.href, earlyDataBytes: parts.earlyDataBytes }).toEqual({ href, earlyDataBytes })
  })

  test.each(['', 'x', '-1', '1.5', '4097', '99999999999999999999'])('refuses ed=%s', (text) => {
    expect(() => splitEarlyData(new URL(`ws://host.test/?ed=${text}&token=secret`))).toThrow(
      expect.objectContaining({
        code: 'ERR_TRANSPORT_BAD_URL',
        message: `ws://host.test/ has ed=${text}; early data is 0 to 4096 bytes`,
      }),
    )
  })
})

/** A server that answers every upgrade with `protocol` and records the received bytes, head and frames apart. */
async function capture(protocol?: string) {
  const heads: string[] = []
  const frames: Buffer[] = []
  const server = await tcpServer((socket) => {
    let text = ''
    socket.on('data', (bytes) => {
      if (text.endsWith('\r\n\r\n')) return void frames.push(bytes)
      text += bytes.toString('latin1')
      if (!text.endsWith('\r\n\r\n')) return
      heads.push(text)
      socket.write(accepting(text))
    })
  })
  const accepting = (head: string): string => {
    const key = /^sec-websocket-key: (.*)$/im.exec(head)?.[1] ?? ''
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
    const upgrade = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
    const chosen = protocol === undefined ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`
    return `${upgrade}Sec-WebSocket-Accept: ${accept}\r\n${chosen}\r\n`
  }
  cleanups.push(() => server.close())
  return { url: `ws://127.0.0.1:${server.port}/tunnel`, heads, frames }
}

async function openStream(options: ByteStreamConnectOptions): Promise<ByteStream> {
  const stream = await connectByteStream({ proxyFromEnvironment: false, ...options })
  stream.on('error', () => {})
  cleanups.push(() => void stream.destroy())
  return stream
}

async function openLink(options: ConnectOptions): Promise<void> {
  const transport = await connect({ proxyFromEnvironment: false, ...options })
  cleanups.push(() => transport.destroy())
}

describe('connectByteStream with early data', () => {
  test('sends nothing before the first write', async () => {
    const { url, heads } = await capture()
    const stream = await openStream({ url: `${url}?ed=2048` })
    expect({ heads, destroyed: stream.destroyed }).toEqual({ heads: [], destroyed: false })
  })

  test('sends a first write of exactly that length in the header, and in no frame', async () => {
    const { url, heads, frames } = await capture('BQEA')
    const stream = await openStream({ url: `${url}?ed=3` })
    await new Promise((resolve) => stream.write(greeting, resolve))
    expect(heads[0]).toMatch(/^GET \/tunnel HTTP\/1\.1\r\n/)
    expect(heads[0]).toMatch(/^Sec-WebSocket-Protocol: BQEA\r$/im)
    expect(frames).toEqual([])
  })

  test('sends a longer one in a frame, without the header', async () => {
    const { url, heads, frames } = await capture()
    const stream = await openStream({ url, earlyDataBytes: 2 })
    stream.write(greeting)
    await until(() => frames.length > 0, 'a frame')
    // FIN and binary; masked, three bytes.
    expect({ head: frames[0]?.[0], length: frames[0]?.[1] }).toEqual({ head: 0x82, length: 0x83 })
    expect(heads[0]).not.toMatch(/sec-websocket-protocol/i)
  })

  test('fails, saying why, when the server does not take it', async () => {
    const stream = await openStream({ url: `${(await capture()).url}?ed=2048` })
    stream.write(greeting)
    await until(() => stream.closed, 'the stream to close')
    expect(stream.errored).toMatchObject({ code: 'ERR_TRANSPORT_BAD_ANSWER' })
    expect(stream.errored?.message).toContain('perhaps it does not support early data: connect without it (ed=0)')
  })

  test('fails as connect does when no program listens', async () => {
    const stream = await openStream({ url: 'ws://127.0.0.1:1/tunnel?ed=2048' })
    stream.write(greeting)
    await until(() => stream.closed, 'the stream to close')
    expect(stream.errored).toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' })
  })

  test.each([-1, 0.5, maxEarlyDataBytes + 1])('refuses %d bytes of it immediately', async (earlyDataBytes) => {
    await expect(connect({ url: 'ws://host.test', earlyDataBytes })).rejects.toThrow(RangeError)
    await expect(connectByteStream({ url: 'ws://host.test', earlyDataBytes })).rejects.toThrow(RangeError)
  })
})

describe('connect with firstMessages', () => {
  /** A server with early data that records its messages, and the field with those in the head. */
  async function listenForEarlyData() {
    const handler = new RecordingHandler()
    const headers: unknown[] = []
    const listener = await listen({
      port: 0,
      earlyData: true,
      authorize: ({ headers: { 'sec-websocket-protocol': protocol } }) => void headers.push(protocol),
      onTransport: (transport) => transport.setHandler(handler),
    })
    cleanups.push(() => listener.closeAll())
    return { handler, headers, listener }
  }

  /** Returns the head, and the messages that a server with early data received. */
  async function arrivals(options: Partial<ConnectOptions>) {
    const { handler, headers, listener } = await listenForEarlyData()
    await openLink({ url: `ws://127.0.0.1:${listener.address().port}`, ...options })
    const count = options.firstMessages?.length ?? 0
    await until(() => handler.messages.length === count, `${count} messages`)
    return { header: headers[0], messages: handler.messages.map((message) => [...message]) }
  }

  test('delivers them first and in order, whichever way they went', async () => {
    const firstMessages = [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3, 3, 3)]
    const { header, messages } = await arrivals({ firstMessages, earlyDataBytes: 4 })
    expect({ header, messages }).toEqual({ header: 'AQ,AgI', messages: [[1], [2, 2], [3, 3, 3]] })
  })

  test('sends them all in frames without early data', async () => {
    const { header, messages } = await arrivals({ firstMessages: [Uint8Array.of(1)] })
    expect({ header, messages }).toEqual({ header: undefined, messages: [[1]] })
  })

  test('sends them in frames to another host that a redirect leads to', async () => {
    const { handler, headers, listener } = await listenForEarlyData()
    const location = `ws://localhost:${listener.address().port}/`
    const first = await tcpServer((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`))
    })
    cleanups.push(() => first.close())
    const url = new URL(`ws://127.0.0.1:${first.port}/`)
    await openLink({ url, firstMessages: [greeting], earlyDataBytes: 2048 })
    await until(() => handler.messages.length > 0, 'the message')
    expect(headers).toEqual([undefined])
  })
})

/** The request of Xray 26.3 with `"path": "/tunnel?ed=2048"` and an HTTP proxy inside, as recorded on the wire. */
const xrayRequest = [
  'GET /tunnel HTTP/1.1',
  'Host: example.test',
  'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/152.0.0.0 Safari/537.36',
  'Connection: Upgrade',
  'Pragma: no-cache',
  'Sec-Fetch-Mode: websocket',
  'Sec-WebSocket-Key: DJ1FV1o+WbJe2+PD1fNWNA==',
  'Sec-WebSocket-Protocol: Q09OTkVDVCB0YXJnZXQudGVzdDo4MCBIVFRQLzEuMQ0KSG9zdDogdGFyZ2V0LnRlc3Q6ODANCg0K',
  'Sec-WebSocket-Version: 13',
  'Upgrade: websocket',
  '\r\n',
].join('\r\n')

describe('listenByteStreams', () => {
  /** Sends a raw request, and `frames` after it; returns the bytes read from the stream, and the head of the answer. */
  async function ask(request: string, frames: Uint8Array = new Uint8Array()) {
    const read: Buffer[] = []
    const listener = await listenByteStreams({
      port: 0,
      path: 'tunnel',
      onStream: (stream) => stream.on('error', () => {}).on('data', (bytes: Buffer) => read.push(bytes)),
    })
    cleanups.push(() => listener.closeAll())
    const client = connectTcp(listener.address().port, '127.0.0.1')
    cleanups.push(() => void client.destroy())
    let answer = ''
    client.setEncoding('latin1').on('data', (text: string) => (answer += text))
    client.write(request)
    await until(() => answer.includes('\r\n\r\n'), 'an answer')
    client.write(frames)
    return { read, head: answer.slice(0, answer.indexOf('\r\n\r\n')), listener, client, answered: () => answer }
  }

  const withProtocol = (header: string): string =>
    xrayRequest.replace(/^Sec-WebSocket-Protocol: .*$/m, `Sec-WebSocket-Protocol: ${header}`)

  /** Builds a masked binary frame with a mask of zeros. */
  const frame = (text: string): Buffer =>
    Buffer.concat([Buffer.from([0x82, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])

  test("answers Xray's request letter by letter, and reads its early data first", async () => {
    const { read, head } = await ask(xrayRequest, frame('more'))
    await until(() => Buffer.concat(read).toString().endsWith('more'), 'the frame')
    expect(head.split('\r\n')).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: Kth0BMVT4wqx3KHK1sayp9cT3bM=',
      'Sec-WebSocket-Protocol: Q09OTkVDVCB0YXJnZXQudGVzdDo4MCBIVFRQLzEuMQ0KSG9zdDogdGFyZ2V0LnRlc3Q6ODANCg0K',
    ])
    expect(Buffer.concat(read).toString()).toBe('CONNECT target.test:80 HTTP/1.1\r\nHost: target.test:80\r\n\r\nmore')
  })

  test.each(['+/+//w==', '-_-__w', '+_-//w='])('reads %s and echoes it as it came', async (header) => {
    const { read, head } = await ask(withProtocol(header))
    await until(() => read.length > 0, 'the early data')
    expect({ read: Buffer.concat(read), lastHead: head.split('\r\n').at(-1) }).toEqual({
      read: Buffer.from([0xfb, 0xff, 0xbf, 0xff]),
      lastHead: `Sec-WebSocket-Protocol: ${header}`,
    })
  })

  test.each(['not/base64!', 'a b', '"', '\xff'])('opens the stream without early data for %j', async (header) => {
    const { read, head } = await ask(withProtocol(header), frame('hello'))
    await until(() => read.length > 0, 'the frame')
    expect({ read: Buffer.concat(read).toString(), hasProtocol: /protocol:/i.test(head) }).toEqual({
      read: 'hello',
      hasProtocol: false,
    })
  })

  test('chooses an ordinary subprotocol', async () => {
    const { head } = await ask(withProtocol('graphql-ws.v1, other.v2'))
    expect(head).toContain('Sec-WebSocket-Protocol: graphql-ws.v1')
  })

  test('answers 431 to more early data than a head may hold, and keeps nothing', async () => {
    const { head, listener } = await ask(withProtocol('A'.repeat(9000)))
    expect({ status: head.split('\r\n')[0], transports: listener.transports.size }).toEqual({
      status: 'HTTP/1.1 431 Request Header Fields Too Large',
      transports: 0,
    })
  })

  test.each(['/', '/tunnel/', '/Tunnel', '/tunnel%2f', '/other'])('answers 404 at %s', async (path) => {
    const { head } = await ask(xrayRequest.replace('/tunnel', path))
    expect(head).toMatch(/^HTTP\/1\.1 404 /)
  })

  test('answers 404 to plain HTTP', async () => {
    const { head } = await ask('GET /tunnel HTTP/1.1\r\nHost: example.test\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 404 /)
  })

  test('shows no early data in the headers', async () => {
    const seen: unknown[] = []
    const listener = await listenByteStreams({
      port: 0,
      path: '/tunnel',
      onStream: (stream, { headers }) => {
        seen.push(headers['sec-websocket-protocol'])
        stream.on('error', () => {})
      },
    })
    cleanups.push(() => listener.closeAll())
    const stream = await openStream({ url: `ws://127.0.0.1:${listener.address().port}/tunnel?ed=2048` })
    stream.write(greeting)
    await until(() => seen.length > 0, 'the stream')
    expect(seen).toEqual([undefined])
  })

  test('ends a stream in an error when its client goes away in the middle of a message', async () => {
    const streams: ByteStream[] = []
    const listener = await listenByteStreams({
      port: 0,
      path: '/tunnel',
      onStream: (stream) => void streams.push(stream.on('error', () => {}).resume()),
    })
    cleanups.push(() => listener.closeAll())
    const client = connectTcp(listener.address().port, '127.0.0.1')
    client.resume()
    client.end(Buffer.concat([Buffer.from(xrayRequest), frame('whole'), frame('half of it').subarray(0, 9)]))
    await until(() => streams[0]?.closed === true, 'the stream to close')
    expect(streams[0]?.errored).toMatchObject({ code: 'ERR_TRANSPORT_CONNECTION_LOST' })
  })

  test('closes a stream whose message is larger than 1 MiB', async () => {
    const { client, answered } = await ask(xrayRequest)
    const header = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 1, 0, 0, 0, 0])
    client.write(header)
    await until(() => client.destroyed || client.readableEnded, 'the end of the connection')
    // A close message with 1009.
    expect(answered()).toContain('\x03\xf1')
  })
})
