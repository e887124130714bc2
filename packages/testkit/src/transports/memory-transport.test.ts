import { describe, expect, test } from 'vitest'
import { FakeClock } from '../fake-clock.js'
import { describeMessageTransport } from './describe-message-transport.js'
import { memoryTransportPair, type MemoryTransportOptions } from './memory-transport.js'
import { RecordingHandler } from './recording-handler.js'

describeMessageTransport('memoryTransportPair on real time', async () => {
  const [left, right] = memoryTransportPair()
  return { left, right }
})

describeMessageTransport('memoryTransportPair on a fake clock with latency', async () => {
  const clock = new FakeClock()
  const [left, right] = memoryTransportPair({ clock, latencyMs: 10 })
  return { left, right, step: () => clock.advance(1) }
})

function fakePair(options: MemoryTransportOptions = {}) {
  const clock = new FakeClock()
  const [a, b] = memoryTransportPair({ clock, latencyMs: 20, ...options })
  const atA = new RecordingHandler()
  const atB = new RecordingHandler()
  a.setHandler(atA)
  b.setHandler(atB)
  clock.advance(0)
  return { clock, a, b, atA, atB }
}

describe('memoryTransportPair', () => {
  test('a message arrives after the latency and not before', () => {
    const { clock, a, atB } = fakePair()
    a.send(Uint8Array.of(1))
    clock.advance(19)
    const early = atB.messages.length
    clock.advance(1)
    expect({ early, messages: atB.messages.length }).toEqual({ early: 0, messages: 1 })
  })

  test('cut loses the bytes in flight and closes both ends with 1006', () => {
    const { clock, a, atA, atB } = fakePair()
    a.send(Uint8Array.of(1))
    clock.advance(10)
    a.cut()
    clock.advance(100)
    expect({ messages: atB.messages, firstAtA: atA.closes[0]?.code, firstAtB: atB.closes[0]?.code }).toEqual({
      messages: [],
      firstAtA: 1006,
      firstAtB: 1006,
    })
  })

  test('cut leaves no timer behind', () => {
    const { clock, a, b } = fakePair()
    a.send(Uint8Array.of(1))
    b.close()
    a.cut()
    clock.advance(0)
    expect(clock.pendingTimers).toBe(0)
  })

  test('blackhole drops all bytes and reports nothing', () => {
    const { clock, a, atA, atB } = fakePair()
    a.blackhole()
    a.send(Uint8Array.of(1))
    clock.advance(3_600_000)
    expect({ messages: atB.messages, atA: atA.closes, atB: atB.closes }).toEqual({ messages: [], atA: [], atB: [] })
  })

  test('close into a blackhole ends after closeTimeoutMs', () => {
    const { clock, a, atA } = fakePair({ closeTimeoutMs: 300 })
    a.blackhole()
    a.close()
    clock.advance(299)
    const early = atA.closes.length
    clock.advance(1)
    expect({ early, closes: atA.closes.length }).toEqual({ early: 0, closes: 1 })
  })

  test('bytes leave the sender only as the receiver takes them', () => {
    const { clock, a, b } = fakePair({ wireBytes: 100 })
    b.pause()
    a.send(new Uint8Array(100))
    a.send(new Uint8Array(60))
    clock.advance(1000)
    const stuckBytes = a.bufferedBytes
    b.resume()
    clock.advance(1000)
    expect({ stuckBytes, bufferedBytes: a.bufferedBytes }).toEqual({ stuckBytes: 60, bufferedBytes: 0 })
  })

  test('a sender that changes a message after send is found out', () => {
    const { clock, a } = fakePair()
    const message = Uint8Array.of(1, 2, 3)
    a.send(message)
    message[0] = 9
    expect(() => clock.advance(20)).toThrow('was changed by its sender')
  })
})
