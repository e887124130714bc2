import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { TurnReader } from './turn-reader.js'

function reading(): { socket: PassThrough; reader: TurnReader } {
  const socket = new PassThrough()
  socket.resume()
  return { socket, reader: new TurnReader(socket) }
}

test('TurnReader lets the socket rest after two full reads', () => {
  const { socket, reader } = reading()
  reader.received(65_536)
  const before = socket.isPaused()
  reader.received(65_536)
  expect([before, socket.isPaused()]).toEqual([false, true])
})

test('TurnReader reads on in the next turn', async () => {
  const { socket, reader } = reading()
  reader.received(131_072)
  await turn()
  expect(socket.isPaused()).toBe(false)
})

test('TurnReader counts anew in each turn', async () => {
  const { socket, reader } = reading()
  reader.received(65_536)
  await turn()
  reader.received(65_536)
  expect(socket.isPaused()).toBe(false)
})

test('TurnReader does not stop for reads that leave room in the buffer', () => {
  const { socket, reader } = reading()
  for (let read = 0; read < 10; read++) reader.received(65_535)
  expect(socket.isPaused()).toBe(false)
})

test('TurnReader.wait outlasts the turn', async () => {
  const { socket, reader } = reading()
  reader.received(131_072)
  reader.wait()
  await turn()
  expect(socket.isPaused()).toBe(true)
})

test('TurnReader.goOn does not cut a rest short', () => {
  const { socket, reader } = reading()
  reader.wait()
  reader.received(131_072)
  reader.goOn()
  expect(socket.isPaused()).toBe(true)
})

test('TurnReader.goOn reads on at once within a turn', () => {
  const { socket, reader } = reading()
  reader.wait()
  reader.goOn()
  expect(socket.isPaused()).toBe(false)
})
