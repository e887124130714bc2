import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { halfClosing, SessionPair } from '../../testing/session-pair.js'
import { toDuplex } from '../duplex.js'
import { consumingHandler } from './consuming-handler.js'

const tcp = { protocol: 'tcp', address: { host: 'target.test', port: 80 } } as const

/** Sends four windows to a consumer that never calls `consumed`; returns the bytes it got. */
function received(autoConsume: boolean): number {
  let bytes = 0
  const pair = new SessionPair({
    extensions: halfClosing,
    autoConsume,
    onConnect: (channel) => channel.accept({ onData: ({ length }) => void (bytes += length) }),
  })
  pair.left.open(tcp).send(new Uint8Array(4 * 262_144))
  pair.settle(20_000)
  return bytes
}

describe('autoConsume', () => {
  test('lets a stream pass whose handler never calls consumed', () => {
    expect(received(true)).toBe(4 * 262_144)
  })

  test('left out, holds such a stream at its window', () => {
    expect(received(false)).toBe(262_144)
  })

  test('consumes compressed data of a handler that takes it', () => {
    let bytes = 0
    const pair = new SessionPair({
      extensions: halfClosing,
      autoConsume: true,
      onConnect: (channel) =>
        channel.accept({ onCompressedData: (_gzip, inflatedBytes) => void (bytes += inflatedBytes) }),
    })
    const channel = pair.left.open(tcp)
    const gzip = gzipSync(new Uint8Array(10_000))
    for (let count = 0; count < 40; count++) channel.send(gzip, { inflatedBytes: 10_000 })
    pair.settle(10_000)
    expect(bytes).toBe(40 * 10_000)
  })

  test('leaves nothing to do for consumers that call consumed, such as toDuplex', async () => {
    let received: Promise<string> | undefined
    const pair = new SessionPair({
      extensions: halfClosing,
      autoConsume: true,
      onConnect: (channel) => {
        received = text(toDuplex(channel))
        channel.accept()
      },
    })
    const channel = pair.left.open(tcp)
    channel.send(new TextEncoder().encode('all of it'))
    channel.end()
    pair.settle()
    expect(await received).toBe('all of it')
  })

  test('still calls every callback of the handler', () => {
    const calls: string[] = []
    const note = (name: string) => () => void calls.push(name)
    const pair = new SessionPair({
      extensions: halfClosing,
      autoConsume: true,
      onConnect: (channel) => channel.accept({ onEnd: () => channel.end() }),
    })
    const handler = { onOpen: note('open'), onDrain: note('drain'), onEnd: note('end'), onClose: note('close') }
    const channel = pair.left.open(tcp, handler)
    channel.send(new Uint8Array(200_000))
    channel.end()
    pair.settle(10_000)
    expect(calls).toEqual(['drain', 'open', 'end', 'close'])
  })

  test('counts data whose memory the handler transfers', () => {
    const consumed: number[] = []
    const channel = { consumed: (bytes: number) => void consumed.push(bytes) }
    const onData = ({ buffer }: Uint8Array): void => void structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
    consumingHandler(channel, { onData }).onData?.(new Uint8Array(10))
    expect(consumed).toEqual([10])
  })
})
