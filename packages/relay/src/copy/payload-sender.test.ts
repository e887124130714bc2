import { randomBytes } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { Channel, ChannelHandler } from '@ls/mux'
import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { sessionPair } from '../../testing/session-pair.js'
import type { PayloadOptions } from './payload-options.js'
import { gzipIfSmaller, PayloadSender } from './payload-sender.js'

/** A sender, and the payload that arrives at the other end. */
function sending(options: PayloadOptions) {
  const received: Buffer[] = []
  let compressed = 0
  let ended = false
  const { near } = sessionPair((channel: Channel) => {
    channel.setHandler({
      onData: (payload) => {
        received.push(Buffer.from(payload))
        channel.consumed(payload.length)
      },
      onCompressedData: (_gzip, inflatedBytes) => {
        compressed += inflatedBytes
        channel.consumed(inflatedBytes)
      },
      onEnd: () => {
        ended = true
      },
      onClose: () => {},
    })
    channel.accept()
    channel.resume()
  })
  let room = 0
  const handler: ChannelHandler = { onClose: () => {}, onDrain: () => sender.onDrain() }
  const channel = near.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } }, handler)
  const sender = new PayloadSender(channel, options, () => room++)
  channel.resume()
  return {
    sender,
    channel,
    rooms: () => room,
    text: () => Buffer.concat(received).toString(),
    compressedBytes: () => compressed,
    hasEnded: () => ended,
  }
}

test('PayloadSender.send passes small payload on immediately', async () => {
  const { sender, text } = sending({})
  expect(sender.send(Buffer.from('x'))).toBe(true)
  await until(() => text() === 'x', 'the payload')
})

test('PayloadSender.send asks for a pause while it compresses, and reports when there is room', async () => {
  const { sender, rooms, compressedBytes } = sending({ compressionThresholdBytes: 1000 })
  expect(sender.send(Buffer.alloc(1000))).toBe(false)
  await until(() => rooms() === 1, 'room')
  await until(() => compressedBytes() === 1000, 'the compressed payload')
})

test('PayloadSender.send sends a long read uncompressed, though it is long enough to compress', async () => {
  const { sender, text, compressedBytes } = sending({ compressionThresholdBytes: 100_000 })
  sender.send(Buffer.alloc(150_000, 'a'), { memory: 'borrowed' })
  await until(() => text().length === 150_000, 'the payload')
  expect(compressedBytes()).toBe(0)
})

test('PayloadSender.send compresses long reads where usual reads are compressed', async () => {
  const { sender, compressedBytes } = sending({ compressionThresholdBytes: 1000 })
  sender.send(Buffer.alloc(150_000, 'a'), { memory: 'borrowed' })
  await until(() => compressedBytes() > 0, 'the compressed payload')
  expect(compressedBytes()).toBe(150_000)
})

test('PayloadSender sends payload that does not shrink uncompressed', async () => {
  const { sender, text, compressedBytes } = sending({ compressionThresholdBytes: 1 })
  sender.send(Buffer.from('!'))
  await until(() => text() === '!', 'the payload')
  expect(compressedBytes()).toBe(0)
})

test('PayloadSender never compresses with a threshold of 0', async () => {
  const { sender, text, compressedBytes } = sending({ compressionThresholdBytes: 0 })
  sender.send(Buffer.alloc(2_000, 'a'))
  await until(() => text().length === 2000, 'the payload')
  expect(compressedBytes()).toBe(0)
})

test('PayloadSender keeps what comes during a compression behind it, and the end behind that', async () => {
  const { sender, text, compressedBytes, hasEnded } = sending({ compressionThresholdBytes: 1000 })
  sender.send(Buffer.alloc(5000))
  sender.send(Buffer.from('tail'))
  sender.end()
  await until(hasEnded, 'the end')
  expect({ compressedBytes: compressedBytes(), text: text() }).toEqual({ compressedBytes: 5000, text: 'tail' })
})

test('PayloadSender.end sends what adaptive batching holds', async () => {
  const { sender, text, hasEnded } = sending({ batching: 'adaptive' })
  for (let chunk = 0; chunk < 100; chunk++) sender.send(Buffer.alloc(10_000, 'a'))
  sender.end()
  await until(hasEnded, 'the end')
  expect(text()).toHaveLength(1_000_000)
})

test('PayloadSender.close forgets what waits', async () => {
  const { sender, rooms, compressedBytes, text } = sending({ compressionThresholdBytes: 1000 })
  sender.send(Buffer.alloc(5000))
  sender.send(Buffer.from('tail'))
  sender.close()
  await until(() => rooms() === 1, 'the compression to be done')
  await until(() => compressedBytes() === 5000, 'what was under way')
  expect(text()).toBe('')
})

test.each(['given', 'borrowed', 'pooled'] as const)(
  'PayloadSender.send waits for no room for %s memory where the channel takes no more',
  (memory) => {
    const { sender, channel } = sending({})
    channel.end()
    expect(sender.send(Buffer.from('x'), { memory })).toBe(true)
  },
)

test('gzipIfSmaller gives nothing where nothing is won', async () => {
  expect(await gzipIfSmaller(randomBytes(100))).toBeUndefined()
})

test('gzipIfSmaller makes what inflates to the same', async () => {
  const gzip = (await gzipIfSmaller(Buffer.alloc(1000, 'a'))) as Uint8Array
  expect(gunzipSync(gzip).toString()).toBe('a'.repeat(1000))
})
