import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { TurnReader } from './turn-reader.js'

/** A reader of a socket that was stopped, as its owner does when it must not be read any more. */
function reading(): { socket: PassThrough; reader: TurnReader } {
  const socket = new PassThrough()
  socket.pause()
  return { socket, reader: new TurnReader(socket) }
}

test('TurnReader lets the socket rest after two full reads', () => {
  const { reader } = reading()
  reader.received(65_536)
  const before = reader.reads
  reader.received(65_536)
  expect({ before, reads: reader.reads }).toEqual({ before: true, reads: false })
})

test('TurnReader reads on in the next turn', async () => {
  const { socket, reader } = reading()
  reader.received(131_072)
  await turn()
  expect({ reads: reader.reads, isPaused: socket.isPaused() }).toEqual({ reads: true, isPaused: false })
})

test('TurnReader starts counting in each turn', async () => {
  const { reader } = reading()
  reader.received(65_536)
  await turn()
  reader.received(65_536)
  expect(reader.reads).toBe(true)
})

test('TurnReader does not stop for reads that leave room in the buffer', () => {
  const { reader } = reading()
  for (let read = 0; read < 10; read++) reader.received(65_535)
  expect(reader.reads).toBe(true)
})

test('TurnReader lets a socket rest after a read that leaves room, once its own side has ended', async () => {
  const { socket, reader } = reading()
  socket.end()
  reader.received(10)
  const during = reader.reads
  await turn()
  expect({ during, reads: reader.reads }).toEqual({ during: false, reads: true })
})

test('TurnReader.wait outlasts the turn', async () => {
  const { socket, reader } = reading()
  reader.received(131_072)
  reader.wait()
  await turn()
  expect({ reads: reader.reads, isPaused: socket.isPaused() }).toEqual({ reads: false, isPaused: true })
})

test('TurnReader.onDrain does not cut a rest short', () => {
  const { socket, reader } = reading()
  reader.wait()
  reader.received(131_072)
  reader.onDrain()
  expect({ reads: reader.reads, isPaused: socket.isPaused() }).toEqual({ reads: false, isPaused: true })
})

test('TurnReader.onDrain continues to read immediately within a turn', () => {
  const { socket, reader } = reading()
  reader.wait()
  reader.onDrain()
  expect({ reads: reader.reads, isPaused: socket.isPaused() }).toEqual({ reads: true, isPaused: false })
})
