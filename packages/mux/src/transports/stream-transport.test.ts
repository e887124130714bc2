import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { describeMessageTransport, RecordingHandler, until } from '@ls/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { streamTransport } from './stream-transport.js'

/** Both ends of a TCP connection of this machine. */
async function sockets(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const left = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [right] = (await once(server, 'connection')) as [Socket]
  server.close()
  return [left, right]
}

describeMessageTransport('streamTransport over TCP', async () => {
  const [left, right] = await sockets()
  return { left: streamTransport(left), right: streamTransport(right) }
})

/** A transport, and its peer as a stream of bytes. */
function withRawPeer(options = {}): { handler: RecordingHandler; peer: Duplex } {
  const [stream, peer] = duplexPair()
  const handler = new RecordingHandler()
  const transport = streamTransport(stream, options)
  transport.setHandler(handler)
  peer.on('error', () => {})
  onTestFinished(() => transport.destroy())
  return { handler, peer }
}

describe('streamTransport', () => {
  test('reads frames however their bytes are split', async () => {
    const { handler, peer } = withRawPeer()
    for (const byte of [0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 1, 9]) peer.write(Uint8Array.of(byte))
    await until(() => handler.messages.length === 3, 'three messages')
    expect(handler.messages.map((message) => [...message])).toEqual([[7, 8], [], [9]])
  })

  test('ends with 1009 for a message over the limit, and tells the peer', async () => {
    const { handler, peer } = withRawPeer({ maxMessageBytes: 10 })
    peer.write(Uint8Array.of(0, 0, 0, 11))
    const [answer] = (await once(peer, 'data')) as [Buffer]
    await until(() => handler.closes.length > 0, 'onClose')
    const reason = 'the peer announced a frame of 11 bytes; the limit is 10'
    expect({ closes: handler.closes, answer: answer.toString('hex', 0, 4) }).toEqual({
      closes: [{ code: 1009, reason }],
      answer: '80000039',
    })
  })

  test('ends with 1006 when the stream ends without a close frame', async () => {
    const { handler, peer } = withRawPeer()
    peer.end()
    await until(() => handler.closes.length > 0, 'onClose')
    expect(handler.closes[0]?.code).toBe(1006)
  })

  test.each([{ maxMessageBytes: 0 }, { maxMessageBytes: 2 ** 31 }, { closeTimeoutMs: -1 }])(
    'refuses %j at once',
    (options) => {
      expect(() => streamTransport(duplexPair()[0], options)).toThrow(RangeError)
    },
  )
})
