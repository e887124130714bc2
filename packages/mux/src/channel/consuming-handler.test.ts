import { describe, expect, test } from 'vitest'
import { halfClosing, SessionPair } from '../../testing/session-pair.js'
import type { Channel } from './channel.js'

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
    let accepted: Channel | undefined
    const pair = new SessionPair({
      extensions: halfClosing,
      autoConsume: true,
      onConnect: (channel) => (accepted = channel).accept({ onCompressedData: () => {} }),
    })
    pair.left.open(tcp).sendCompressed(new Uint8Array(100), 1000)
    pair.settle()
    expect(() => accepted?.consumed(1)).toThrow('1 bytes cannot have been consumed: 0 are outstanding')
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
})
