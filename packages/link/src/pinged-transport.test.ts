import { decode, MessageType, type Message } from '@ls/codec'
import {
  describeMessageTransport,
  FakeClock,
  memoryTransportPair,
  RecordingHandler,
  until,
  type MemoryTransport,
} from '@ls/testkit'
import { expect, test } from 'vitest'
import { PingedTransport } from './pinged-transport.js'

const timing = { periodMs: 1000, timeoutMs: 3000 }

function pinged(transport: MemoryTransport, clock: FakeClock, send = (_message: Uint8Array): void => {}) {
  return new PingedTransport(transport, { timing, clock, send })
}

describeMessageTransport('PingedTransport', () => {
  const clock = new FakeClock()
  const [left, right] = memoryTransportPair()
  return Promise.resolve({ left: pinged(left, clock), right })
})

/** A pinged transport whose far end never answers. */
function silent() {
  const clock = new FakeClock()
  const [near, far] = memoryTransportPair()
  const probes: Message[] = []
  const transport = pinged(near, clock, (message) => probes.push(decode(message)))
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  return { clock, far, transport, handler, probes }
}

test('PingedTransport sends the end of a channel that never was, each period', () => {
  const { clock, probes, far } = silent()
  far.send(Uint8Array.of(1))
  clock.advance(timing.periodMs)
  expect(probes).toEqual(
    Array.from({ length: 2 }, () => ({
      type: MessageType.Disconnect,
      channelId: new Uint8Array(16),
      error: undefined,
    })),
  )
})

test('PingedTransport ends when the server has been silent for too long, and says so', async () => {
  const { clock, handler } = silent()
  clock.advance(timing.timeoutMs * 2)
  await until(() => handler.closes.length > 0, 'onClose')
  expect(handler.closes).toMatchObject([
    { code: 1006, reason: expect.stringMatching(/^server silent for \d+ ms/) as string },
  ])
})

test('PingedTransport treats any message as a sign of life', async () => {
  const { clock, far, handler } = silent()
  for (let second = 0; second < 10; second++) {
    far.send(Uint8Array.of(second))
    await until(() => handler.messages.length > second, 'the message')
    clock.advance(1000)
  }
  expect(handler.closes).toEqual([])
})

test('PingedTransport does not count silence while it is paused', async () => {
  const { clock, transport, handler } = silent()
  transport.pause()
  clock.advance(timing.timeoutMs * 10)
  transport.resume()
  clock.advance(timing.periodMs)
  await until(() => clock.nextDueMs !== undefined, 'the next ping')
  expect(handler.closes).toEqual([])
})

test('PingedTransport leaves no timer behind', async () => {
  const { clock, transport, handler } = silent()
  transport.destroy()
  await until(() => handler.closes.length > 0, 'onClose')
  expect(clock.nextDueMs).toBeUndefined()
})
