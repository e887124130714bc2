import { systemClock } from '@ls/foundation'
import { describeMessageTransport, FakeClock, memoryTransportPair, RecordingHandler } from '@ls/testkit'
import { expect, test } from 'vitest'
import { FakeWebSocket } from '../../testing/fake-websocket.js'
import { WebSocketTransport } from './websocket-transport.js'

describeMessageTransport('WebSocketTransport of a page', () => {
  const [near, right] = memoryTransportPair()
  return Promise.resolve({
    left: new WebSocketTransport(new FakeWebSocket(near), { clock: systemClock }),
    right,
    destroyedCode: 1005,
  })
})

function receiving() {
  const socket = new FakeWebSocket(memoryTransportPair()[0])
  const clock = new FakeClock()
  const transport = new WebSocketTransport(socket, { clock })
  const handler = new RecordingHandler()
  transport.setHandler(handler)
  return { socket, clock, transport, handler }
}

test('WebSocketTransport.send returns false while half a mebibyte waits, and onDrain follows', () => {
  const { socket, clock, transport, handler } = receiving()
  let drained = 0
  handler.onDrain = () => void drained++
  socket.extraBytes = 524_289
  const sent = transport.send(Uint8Array.of(1))
  clock.advance(4)
  const before = drained
  socket.extraBytes = 0
  clock.advance(4)
  expect({ sent, before, drained, pendingTimers: clock.pendingTimers }).toEqual({
    sent: false,
    before: 0,
    drained: 1,
    pendingTimers: 0,
  })
})

test('WebSocketTransport looks for room when a message comes, since hidden pages have slow timers', () => {
  const { socket, transport, handler } = receiving()
  let drained = 0
  handler.onDrain = () => void drained++
  socket.extraBytes = 524_289
  transport.send(Uint8Array.of(1))
  socket.extraBytes = 0
  socket.arrive(new ArrayBuffer(1))
  expect(drained).toBe(1)
})

test('WebSocketTransport ends where more than 32 MiB wait to be read', () => {
  const { socket, transport } = receiving()
  const reasons: (string | undefined)[] = []
  socket.close = (_code, reason) => void reasons.push(reason)
  transport.pause()
  for (let message = 0; message < 33; message++) socket.arrive(new ArrayBuffer(1_048_576))
  expect(reasons).toEqual(['more than 33554432 bytes wait to be read'])
})

test('WebSocketTransport.close says with 4000 what a page may not say with 1002', () => {
  const socket = new FakeWebSocket(memoryTransportPair()[0])
  const codes: (number | undefined)[] = []
  socket.close = (code) => void codes.push(code)
  new WebSocketTransport(socket, { clock: new FakeClock() }).close({ code: 1002, reason: 'x' })
  expect(codes).toEqual([4000])
})

test('WebSocketTransport.close cuts a reason to 123 bytes', () => {
  const socket = new FakeWebSocket(memoryTransportPair()[0])
  const reasons: (string | undefined)[] = []
  socket.close = (_code, reason) => void reasons.push(reason)
  new WebSocketTransport(socket, { clock: new FakeClock() }).close({ code: 4000, reason: 'é'.repeat(100) })
  expect(new TextEncoder().encode(reasons[0]).length).toBeLessThanOrEqual(123)
})

test('WebSocketTransport.destroy waits for no answer of a dead network', () => {
  const { socket, clock, transport, handler } = receiving()
  socket.close = () => {}
  transport.destroy()
  clock.advance(0)
  expect(handler.closes).toHaveLength(1)
})
