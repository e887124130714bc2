import { gzipSync } from 'node:zlib'
import type { ChannelCloseReason } from '@ls/mux'
import { FakeClock, seededBytes, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { PacedReceiver } from './paced-receiver.js'
import type { PumpChannel } from './pump-channel.js'
import { RateLimit } from './rate-limit.js'

const bytesPerSecond = 1_000_000
const message = seededBytes(1).take(1_000_000)
const ended: ChannelCloseReason = { kind: 'ended', error: '' }

/** A receiver at 1 MB/s with a burst of 1 byte, what its consumer got, and the calls of its channel. */
function setUp() {
  const clock = new FakeClock()
  const got: Uint8Array[] = []
  const closes: ChannelCloseReason[] = []
  const calls: string[] = []
  const channel = {
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    abort: (error: string) => calls.push(`abort ${error}`),
  } as unknown as PumpChannel
  const handler = {
    onData: (payload: Uint8Array) => void got.push(Uint8Array.from(payload)),
    onClose: (reason: ChannelCloseReason) => void closes.push(reason),
  }
  const receiver = new PacedReceiver(channel, handler, new RateLimit({ clock, bytesPerSecond, burstBytes: 1 }), clock)
  const gotBytes = (): number => got.reduce((sum, { length }) => sum + length, 0)
  return { clock, receiver, closes, calls, gotBytes, all: () => Buffer.concat(got) }
}

describe('PacedReceiver', () => {
  test('passes a short message on in one call', () => {
    const { receiver, gotBytes } = setUp()
    receiver.onData(message.subarray(0, 65_536))
    expect(gotBytes()).toBe(65_536)
  })

  test('passes a long message on at the rate', () => {
    const { clock, receiver, gotBytes } = setUp()
    receiver.onData(message)
    clock.advance(500)
    expect(Math.abs(gotBytes() - 500_000)).toBeLessThanOrEqual(65_536)
  })

  test('keeps every byte of a long message, in order, and then lets the channel go on', () => {
    const { clock, receiver, calls, all } = setUp()
    receiver.onData(message)
    const before = calls.includes('resume')
    clock.advance(1100)
    expect({ same: all().equals(message), before, last: calls.at(-1) }).toEqual({
      same: true,
      before: false,
      last: 'resume',
    })
  })

  test('holds the rest back while the consumer is full', () => {
    const { clock, receiver, gotBytes } = setUp()
    receiver.onData(message)
    receiver.pause()
    clock.advance(5000)
    const whilePaused = gotBytes()
    receiver.resume()
    clock.advance(1100)
    expect({ whilePaused, atLast: gotBytes() }).toEqual({ whilePaused: 65_536, atLast: message.length })
  })

  test('passes the rest on before the close, which comes once', () => {
    const { receiver, closes, all } = setUp()
    receiver.onData(message)
    receiver.onClose(ended)
    receiver.resume()
    expect({ same: all().equals(message), closes }).toEqual({ same: true, closes: [ended] })
  })

  test('waits after the close for a consumer that is full, and no longer for its turns', () => {
    const { receiver, closes, gotBytes } = setUp()
    receiver.onData(message)
    receiver.pause()
    receiver.onClose(ended)
    const before = { bytes: gotBytes(), closes: closes.length }
    receiver.resume()
    expect({ before, bytes: gotBytes(), closes }).toEqual({
      before: { bytes: 65_536, closes: 0 },
      bytes: message.length,
      closes: [ended],
    })
  })

  test('gives up a consumer that reads nothing for 30 s after the close', () => {
    const { clock, receiver, closes } = setUp()
    receiver.onData(message)
    receiver.pause()
    receiver.onClose(ended)
    clock.advance(30_000)
    expect(closes).toMatchObject([{ kind: 'local', error: expect.stringContaining('no progress') as string }])
  })

  test('holds nothing back from a consumer that is gone', () => {
    const { receiver, gotBytes } = setUp()
    receiver.onData(message)
    receiver.pause()
    receiver.leave()
    expect(gotBytes()).toBe(message.length)
  })

  test('passes a compressed message on at the rate', async () => {
    const { clock, receiver, gotBytes, all } = setUp()
    receiver.onCompressedData(gzipSync(message), message.length)
    await until(() => gotBytes() > 0, 'the first piece')
    const first = gotBytes()
    for (let slice = 1; slice * 65_536 < message.length; slice++) {
      clock.advance(66)
      await until(() => gotBytes() > slice * 65_536, 'the next piece')
    }
    expect({ first, same: all().equals(message) }).toEqual({ first: 65_536, same: true })
  })

  test('passes a compressed message on before the close', async () => {
    const { receiver, closes, all } = setUp()
    receiver.onCompressedData(gzipSync(message), message.length)
    receiver.onClose(ended)
    await until(() => closes.length > 0, 'the close')
    expect({ same: all().equals(message), closes }).toEqual({ same: true, closes: [ended] })
  })

  test('aborts the channel where a compressed message is broken', async () => {
    const { clock, receiver, calls, gotBytes } = setUp()
    const gzip = gzipSync(message.subarray(0, 1000))
    gzip[gzip.length - 8]! ^= 1
    receiver.onCompressedData(gzip, 1000)
    await until(() => gotBytes() > 0, 'the only piece')
    clock.advance(1000)
    await until(() => calls.some((call) => call.startsWith('abort failed: ')), 'the abort')
    expect(calls.at(-1)).toMatch(/^abort failed: .*CRC-32/)
  })

  test('closes with a failure where the channel has closed and its last message is broken', async () => {
    const { receiver, closes } = setUp()
    const gzip = gzipSync(message)
    gzip[gzip.length - 8]! ^= 1
    receiver.onCompressedData(gzip, message.length)
    receiver.onClose(ended)
    await until(() => closes.length > 0, 'the close')
    expect(closes).toMatchObject([{ kind: 'local' }])
  })
})
