import { once } from 'node:events'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { RecordingHandler, seededBytes, tcpServer, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { connection, Reading } from '../../testing/reading.js'
import { wsFrame } from '../../testing/ws-frame.js'
import { FrameReader } from './frame-reader.js'
import { ReadAllowance } from './read-allowance.js'
import { framesPerLook, ReadTurns } from './read-turns.js'
import { wsPieceBytes } from './ws-listener.js'

/** Shorter than the time between two questions: each turn reads the least that it may. */
const noTimeMs = 1e-6
const count = 100
const sent = Array.from({ length: count }, (_, index) => Buffer.from(`message ${index}`))
const flood = Buffer.concat(sent.map((payload) => wsFrame(payload, { masked: true })))
const fragment = wsFrame(Buffer.of(1), { fin: false, masked: true })
const nextFragment = wsFrame(Buffer.alloc(0), { opcode: 0, fin: false, masked: true })
const fragments = Buffer.concat([fragment, ...Array.from({ length: 4000 }, () => nextFragment)])
const closeFrame = wsFrame(Buffer.of(3, 232), { opcode: 0x8, masked: true })

/** A connection that has got a flood, of which some frames wait for their turn. */
function flooded(bytes = flood): { readonly stream: Duplex; readonly reading: Reading } {
  const stream = connection()
  const reading = new Reading(stream, { masked: true, turns: new ReadTurns(noTimeMs) })
  stream.push(bytes)
  return { stream, reading }
}

async function begun({ reading }: { readonly reading: Reading }): Promise<void> {
  await until(() => reading.messages.length > 0, 'the first message')
}

describe('FrameReader, in turns:', () => {
  test('delivers all frames of a long read in their order', async () => {
    const { reading } = flooded()
    await until(() => reading.messages.length === count, 'all messages')
    expect(RecordingHandler.digestsOf(reading.messages)).toEqual(RecordingHandler.digestsOf(sent))
  })

  test('reads no more frames in a turn than it has time for', async () => {
    const { reading } = flooded()
    await begun({ reading })
    expect(reading.messages.length).toBeLessThanOrEqual(2 * framesPerLook)
  })

  test('another link with few frames does not wait for a flood', async () => {
    const turns = new ReadTurns(noTimeMs)
    const [flooding, other] = [connection(), connection()]
    const readings = [flooding, other].map((stream) => new Reading(stream, { masked: true, turns }))
    flooding.push(flood)
    other.push(wsFrame(Buffer.from('x'), { masked: true }))
    await until(() => readings[1]?.messages.length === 1, 'the message of the other link')
    expect(readings[0]?.messages.length).toBeLessThan(count / 2)
  })

  test('pauses the connection while frames wait', async () => {
    const { stream, reading } = flooded()
    await begun({ reading })
    expect(stream.isPaused()).toBe(true)
  })

  test('keeps the connection paused while frames wait, also when its owner resumes it', async () => {
    const { stream, reading } = flooded()
    await begun({ reading })
    reading.reader.pause()
    reading.reader.resume()
    expect(stream.isPaused()).toBe(true)
  })

  test('reads from the connection again after the last frame', async () => {
    const { stream, reading } = flooded()
    await until(() => reading.messages.length === count, 'all messages')
    await until(() => !stream.isPaused(), 'the connection to be read')
    stream.push(wsFrame(Buffer.from('last'), { masked: true }))
    await until(() => reading.messages.length === count + 1, 'the last message')
    expect(String(reading.messages.at(-1))).toBe('last')
  })

  test('leaves a connection paused that its owner has paused', async () => {
    const { stream, reading } = flooded()
    await begun({ reading })
    reading.reader.pause()
    await until(() => reading.messages.length === count, 'all messages')
    expect(stream.isPaused()).toBe(true)
  })

  test('delivers what waits before the end of a connection', async () => {
    const { stream, reading } = flooded()
    const atEnd: number[] = []
    stream.on('end', () => atEnd.push(reading.messages.length))
    stream.push(null)
    await once(stream, 'end')
    expect(atEnd).toEqual([count])
  })

  test('delivers what waits before the end that a paused connection announces', async () => {
    const { stream, reading } = flooded()
    await begun({ reading })
    stream.push(null)
    stream.read(0)
    await once(stream, 'end')
    expect(reading.messages.length).toBe(count)
  })

  test('drops what waits when the connection breaks', async () => {
    const { stream, reading } = flooded()
    await begun({ reading })
    const before = reading.messages.length
    stream.destroy()
    await once(stream, 'close')
    expect(reading.messages.length).toBe(before)
  })

  test('drops what waits once it is stopped', async () => {
    const { stream, reading } = flooded()
    await begun({ reading })
    const before = reading.messages.length
    reading.reader.stop()
    await until(() => !stream.isPaused(), 'the connection to be read')
    expect(reading.messages.length).toBe(before)
  })

  test('takes turns also with what it leaves to ws', async () => {
    const { reading } = flooded(fragments)
    await until(() => reading.left.length > 0, 'the first fragments')
    expect(reading.left.length).toBeLessThan(fragments.length / 2)
  })

  test('leaves all to ws, byte for byte', async () => {
    const { reading } = flooded(fragments)
    await until(() => reading.left.length >= fragments.length, 'all fragments')
    expect(reading.left.equals(fragments)).toBe(true)
  })

  test('leaves nothing to ws after it has removed its listener', async () => {
    const stream = connection()
    let heardBytes = 0
    const listen = (chunk: Buffer): void => {
      heardBytes += chunk.length
      stream.off('data', listen)
    }
    stream.on('data', listen)
    const nothing = (): void => {}
    const allowance = new ReadAllowance(1000)
    const calls = { onBytes: nothing, onExcess: nothing, onHeld: nothing, onMessage: nothing }
    new FrameReader({ stream, masked: true, allowance, ...calls }).attach()
    stream.push(Buffer.concat([closeFrame, Buffer.alloc(10_000)]))
    stream.push(null)
    await once(stream, 'end')
    expect(heardBytes).toBe(wsPieceBytes)
  })

  test.each(['reads', 'pauses and resumes'])('delivers all of a socket in order whose owner %s', async (owner) => {
    const long = seededBytes(1).take(150_000)
    const payloads = Array.from({ length: 60 }, () => [...sent, long]).flat()
    const bytes = Buffer.concat(payloads.map((payload) => wsFrame(payload, { masked: true })))
    const server = await tcpServer((socket) => socket.write(bytes))
    const socket = connect(server.port, server.host)
    const reading: Reading = new Reading(socket, {
      masked: true,
      turns: new ReadTurns(noTimeMs),
      onMessage: () => {
        if (owner === 'reads' || reading.messages.length % 50 > 0) return
        reading.reader.pause()
        setImmediate(() => reading.reader.resume())
      },
    })
    await until(() => reading.messages.length === payloads.length, 'all messages')
    socket.destroy()
    await server.close()
    expect(RecordingHandler.digestsOf(reading.messages)).toEqual(RecordingHandler.digestsOf(payloads))
  })
})
