import { gunzipSync, gzipSync } from 'node:zlib'
import { encodeTcpData, MessageType, newChannelId } from '@ls/codec'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, seededBytes, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { modes, proxyNet } from '../stress/proxy-net.js'
import { RawPeer } from './raw-peer.js'

const text = Array.from({ length: 20_000 }, (_, line) => `line ${line}\n`).join('')

describe.each([
  ['an extended link', undefined],
  ['a base link', [] as const],
])('over %s', (_kind, extensions) => {
  test.each(modes)('compressed payload arrives as it was in %s mode', async (mode) => {
    const options = { compressionThresholdBytes: 100, extensions }
    const { socks } = await proxyNet(mode, { server: options, client: options })
    const target = closing(await echoServer())
    const socket = await connect({ proxy: socks, target: { host: '127.0.0.1', port: target.port } })
    afterTest(() => socket.destroy())
    let echo = ''
    socket.on('data', (chunk: Buffer) => (echo += chunk.toString()))
    socket.resume()
    socket.write(text)
    await until(() => echo.length === text.length, 'the echo')
    expect(echo).toBe(text)
  })
})

/** A base peer with two channels to an echo server. */
async function echoing(compressionThresholdBytes: number) {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, compressionThresholdBytes }))
  const token = server.addForwardToken()
  await server.listen()
  const peer = await RawPeer.open({ port: server.address?.port ?? 0, token })
  const target = closing(await echoServer())
  const address = { host: '127.0.0.1', port: target.port }
  const [channelId, other] = [newChannelId(), newChannelId()]
  for (const id of [channelId, other]) {
    peer.send({ type: MessageType.Connect, protocol: 'tcp', channelId: id, address })
    await peer.next(MessageType.ConnectResponse)
  }
  return { server, peer, channelId, other }
}

describe('towards a base peer', () => {
  test('payload from the threshold on is gzip', async () => {
    const { peer, channelId } = await echoing(2000)
    peer.sendBytes(encodeTcpData(channelId, Buffer.alloc(2000, 'a')))
    const { compression, payload } = await peer.next(MessageType.Data)
    expect(compression).toBe('gzip')
    expect(gunzipSync(payload)).toEqual(Buffer.alloc(2000, 'a'))
  })

  test.each([
    ['smaller payload', 2001, Buffer.alloc(2000, 'a')],
    ['what does not shrink', 100, Buffer.from(seededBytes(1).take(2000))],
    ['everything with a threshold of 0', 0, Buffer.alloc(2000, 'a')],
  ])('%s is sent as it is', async (_what, threshold, sent) => {
    const { peer, channelId } = await echoing(threshold)
    peer.sendBytes(encodeTcpData(channelId, sent))
    const { compression, payload } = await peer.next(MessageType.Data)
    expect({ compression, payload: Buffer.from(payload) }).toEqual({ compression: 'none', payload: sent })
  })
})

describe('a peer whose gzip', () => {
  /** Gzip of 1000 bytes whose trailer says that they are `claimedBytes`. */
  const claiming = (claimedBytes: number): Buffer => {
    const gzip = gzipSync(Buffer.alloc(1000))
    gzip.writeUInt32LE(claimedBytes, gzip.length - 4)
    return gzip
  }

  test.each([
    ['inflates to more than 64 MiB', gzipSync(Buffer.alloc(64 * 1024 * 1024 + 1)), /limit is 67108864/],
    ['promises more than deflate can hold', claiming(60_000_000), /cannot inflate to 60000000/],
    ['inflates to more than it promises', claiming(10), /^failed: /],
    ['is no gzip', Buffer.alloc(100, 'x'), /^failed: /],
  ])('%s loses its channel and no other', async (_what, gzip, reason) => {
    const { peer, channelId, other } = await echoing(0)
    peer.sendBytes(encodeTcpData(channelId, gzip, 'gzip'))
    const disconnect = await peer.next(MessageType.Disconnect)
    expect({ channelId: Buffer.compare(disconnect.channelId, channelId), error: disconnect.error }).toEqual({
      channelId: 0,
      error: expect.stringMatching(reason) as string,
    })
    peer.sendBytes(encodeTcpData(other, Buffer.from('still here')))
    expect(Buffer.from((await peer.next(MessageType.Data)).payload).toString()).toBe('still here')
  })

  test('is in order reaches the target inflated', async () => {
    const { peer, channelId } = await echoing(0)
    peer.sendBytes(encodeTcpData(channelId, gzipSync('hello'), 'gzip'))
    expect(Buffer.from((await peer.next(MessageType.Data)).payload).toString()).toBe('hello')
  })
})
