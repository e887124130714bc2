import { connect, type Socket } from 'node:net'
import { PassThrough, Writable } from 'node:stream'
import { processFramePool } from '@ls/mux/frames'
import { onceEvent, RecordingHandler, seededBytes, tcpServer, turns, until } from '@ls/testkit'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readByWs } from '../../testing/ws-frame.js'
import { FrameWriter } from './frame-writer.js'

/** A connection that accepts all bytes immediately, and records them. */
function sink(): { stream: Writable; writes: Buffer[]; bytes(): Buffer } {
  const writes: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      writes.push(Buffer.from(chunk))
      callback()
    },
  })
  return { stream, writes, bytes: () => Buffer.concat(writes) }
}

/** A connection that accepts nothing until it is released. */
function stalled(): { stream: Writable; release(): void; bytes(): Buffer } {
  const { stream: behind, bytes } = sink()
  let release = (): void => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, callback) => void released.then(() => behind.write(chunk, callback)),
  })
  return { stream, release, bytes }
}

const filler = 0xa5

/** A message in the middle of memory that is not its own. */
function placed(seed: number, size: number): { memory: Buffer; message: Uint8Array } {
  const memory = Buffer.alloc(64 + size + 64, filler)
  memory.set(seededBytes(seed).take(size), 64)
  return { memory, message: new Uint8Array(memory.buffer, memory.byteOffset + 64, size) }
}

/** Returns the original state of {@link placed}. */
const untouched = (seed: number, size: number): Buffer => placed(seed, size).memory

/** Sizes at which the header changes, a copy is too much, or the pool is used, and any other. */
const sizes = fc.oneof(
  fc.constantFrom(0, 1, 125, 126, 4096, 4097, 32_779, 32_780, 65_535, 65_536, 65_560, 65_561),
  fc.nat(102_400),
)

describe.each([
  ['a client', true, 0],
  ['a client, with room before the message,', true, 16],
  ['a server', false, 0],
  ['a server, with room for some headers before the message,', false, 13],
  ['a server, with room before the message,', false, 14],
])('FrameWriter of %s', (_side, masks, headroomBytes) => {
  test('writes what ws reads as the same messages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1000), sizes), { maxLength: 6 }), async (sent) => {
        const { stream, bytes } = sink()
        const writer = new FrameWriter(stream, masks)
        for (const [seed, size] of sent) writer.write(placed(seed, size).message, headroomBytes)
        await turns(1)
        expect(RecordingHandler.digestsOf(readByWs(bytes(), { masked: masks }))).toEqual(
          RecordingHandler.digestsOf(sent.map(([seed, size]) => seededBytes(seed).take(size))),
        )
      }),
      { numRuns: 40 },
    )
  })

  test('changes neither the message nor anything beside it but the room before it', () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { memory, message } = placed(1, size)
        new FrameWriter(sink().stream, masks).write(message, headroomBytes)
        memory.fill(filler, 64 - headroomBytes, 64)
        expect(memory.equals(untouched(1, size))).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})

test('FrameWriter masks each message with another key', () => {
  const { stream, writes } = sink()
  const writer = new FrameWriter(stream, true)
  for (let count = 0; count < 3; count++) writer.write(new Uint8Array(4), 0)
  expect(new Set(writes.map((frame) => frame.subarray(2, 6).toString('hex'))).size).toBe(3)
})

test('FrameWriter uses no room that is not enough for every header', () => {
  const { memory, message } = placed(1, 10)
  new FrameWriter(sink().stream, false).write(message, 13)
  expect(memory.equals(untouched(1, 10))).toBe(true)
})

test('FrameWriter writes a message that has room before it where it lies, without a copy', () => {
  const given: Buffer[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      given.push(chunk)
      callback()
    },
  })
  const { memory, message } = placed(1, 50_000)
  new FrameWriter(stream, false).write(message, 16)
  expect(given.map(({ buffer, byteOffset }) => [buffer === memory.buffer, byteOffset])).toEqual([
    [true, message.byteOffset - 4],
  ])
})

/** Both ends of a TCP connection, cut by `close`. */
async function socketPair(): Promise<{ near: Socket; far: Socket; close(): Promise<void> }> {
  const server = await tcpServer(() => {})
  const near = connect(server.port, server.host)
  await onceEvent(near, 'connect')
  await until(() => server.sockets.size === 1, 'the connection')
  const [far] = server.sockets
  return {
    near,
    far: far!,
    close: async () => {
      near.destroy()
      await server.close()
    },
  }
}

/** Takes the idle memory of the pool, so that memory which is idle later has been returned since. */
function emptyPool(): void {
  while (processFramePool.idleBytes > 0) processFramePool.take(processFramePool.frameBytes)
}

describe('FrameWriter and the memory of processFramePool', () => {
  test('masks into it, and returns it once the socket has written it', async () => {
    emptyPool()
    const { near, far, close } = await socketPair()
    const received: Buffer[] = []
    far.on('data', (chunk: Buffer) => received.push(chunk))
    const message = seededBytes(1).take(60_000)
    new FrameWriter(near, true).write(message, 0)
    const during = processFramePool.idleBytes
    await until(() => processFramePool.idleBytes > 0, 'the memory to come back')
    await until(() => Buffer.concat(received).length === 60_008, 'the frame')
    await close()
    expect({
      during,
      readByWs: readByWs(Buffer.concat(received), { masked: true }).map((read) => read.equals(message)),
    }).toEqual({ during: 0, readByWs: [true] })
  })

  test('returns it when the socket is closed', async () => {
    emptyPool()
    const { near, close } = await socketPair()
    near.destroy()
    new FrameWriter(near, true).write(new Uint8Array(60_000), 0)
    await until(() => processFramePool.idleBytes > 0, 'the memory to come back')
    await close()
    expect(processFramePool.idleBytes).toBe(processFramePool.frameBytes)
  })

  test('masks into its own memory for a stream that keeps reported bytes', async () => {
    const stream = new PassThrough({ highWaterMark: 1_000_000 })
    const writer = new FrameWriter(stream, true)
    const messages = [1, 2, 3].map((seed) => seededBytes(seed).take(60_000))
    for (const message of messages) {
      writer.write(message, 0)
      await turns(2)
    }
    const kept: Buffer[] = []
    // From Node 26 on, one `read` returns one chunk.
    for (let chunk = stream.read() as Buffer | null; chunk !== null; chunk = stream.read() as Buffer | null) {
      kept.push(chunk)
    }
    expect(RecordingHandler.digestsOf(readByWs(Buffer.concat(kept), { masked: true }))).toEqual(
      RecordingHandler.digestsOf(messages),
    )
  })

  // A peer may acknowledge a message that it has not received, and would get another session's bytes if the memory is
  // reused by then.
  test.each([
    ['where it lies', 16],
    ['behind its header', 0],
  ])(
    'keeps that of a message written %s until it is written, also where another owner gives it back',
    async (_title, headroomBytes) => {
      emptyPool()
      const { stream, release, bytes } = stalled()
      const message = processFramePool.take(60_000)
      message.set(seededBytes(1).take(60_000))
      new FrameWriter(stream, false).write(message, headroomBytes)
      processFramePool.give(message)
      processFramePool.take(60_000).fill(0)
      release()
      await until(() => stream.writableLength === 0, 'the write')
      expect(RecordingHandler.digestsOf(readByWs(bytes()))).toEqual(
        RecordingHandler.digestsOf([seededBytes(1).take(60_000)]),
      )
    },
  )

  test('leaves that of a message to its owner, after it is written', async () => {
    const { stream } = sink()
    const message = processFramePool.take(60_000)
    new FrameWriter(stream, false).write(message, processFramePool.headroomOf(message))
    await turns(2)
    expect(processFramePool.owns(message)).toBe(true)
  })
})
