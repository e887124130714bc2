import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { processFramePool } from '@ls/mux/frames'
import { RecordingHandler, seededBytes, tcpServer, turns, until } from '@ls/testkit'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connection, digestOf, Reading, type ReadOptions } from '../../testing/reading.js'
import { wsFrame } from '../../testing/ws-frame.js'
import { FrameReader } from './frame-reader.js'
import { ReadAllowance } from './read-allowance.js'

test('FrameReader.attach does not touch a connection on which ws does not listen for data', () => {
  const stream = connection()
  const reader = new FrameReader({
    stream,
    masked: false,
    allowance: new ReadAllowance(100),
    onBytes: () => {},
    onExcess: () => {},
    onHeld: () => {},
    onMessage: () => {},
  })
  expect({ attach: reader.attach(), listenerCount: stream.listenerCount('data') }).toEqual({
    attach: false,
    listenerCount: 0,
  })
})

/** Reads `chunks` up to their end. */
async function read(chunks: Iterable<Uint8Array>, options: ReadOptions = {}): Promise<Reading> {
  const stream = connection()
  const reading = new Reading(stream, options)
  for (const chunk of chunks) stream.push(chunk)
  stream.push(null)
  await once(stream, 'end')
  return reading
}

/** Cuts into pieces of the given lengths, and the rest; each in its own memory. */
function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Buffer> {
  let offset = 0
  for (const length of [...lengths, bytes.length]) {
    if (offset >= bytes.length) return
    yield Buffer.from(bytes.subarray(offset, offset + length))
    offset += length
  }
}

/**
 * Simulates a socket with a tap: the system writes to the memory of the reader and notifies it, or the stream gets a
 * copy, which it may deliver later. Each step reads `bytes` at most, and the last one is repeated.
 */
function readByTap(
  reader: FrameReader,
  stream: Duplex,
  bytes: Buffer,
  steps: readonly { readonly bytes: number; readonly straight: boolean; readonly late: boolean }[],
): void {
  const held: Buffer[] = []
  const letGo = (): void => held.splice(0).forEach((chunk) => stream.emit('data', chunk))
  const shared = new Uint8Array(65_536)
  let memory = reader.readMemory() ?? shared
  for (let offset = 0, index = 0; offset < bytes.length; index++) {
    const step = steps[Math.min(index, steps.length - 1)]!
    const length = Math.min(step.bytes, memory.length, bytes.length - offset)
    memory.set(bytes.subarray(offset, offset + length))
    offset += length
    const read = memory.subarray(0, length)
    if (!step.late) letGo()
    if (step.straight && held.length === 0) reader.onRead(read, length === memory.length)
    else held.push(Buffer.from(read))
    memory = reader.readMemory() ?? shared
  }
  letGo()
}

const binary = 0x2
const ping = 0x9
const pong = 0xa

interface Frame {
  readonly opcode: number
  readonly payload: Buffer
}

const payloads = (sizes: fc.Arbitrary<number>): fc.Arbitrary<Buffer> =>
  fc.tuple(fc.nat(1000), sizes).map(([seed, size]) => seededBytes(seed).take(size))

/** Sizes around those at which the header changes, a message is pooled or not, and a read ends. */
const messageSizes = fc.oneof(
  fc.nat(200),
  fc.integer({ min: 120, max: 130 }),
  fc.integer({ min: 16_000, max: 17_000 }),
  fc.integer({ min: 32_700, max: 32_800 }),
  fc.integer({ min: 65_500, max: 65_600 }),
  fc.nat(102_400),
)

const frames: fc.Arbitrary<Frame[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ opcode: fc.constant(binary), payload: payloads(messageSizes) }) },
    { weight: 1, arbitrary: fc.record({ opcode: fc.constantFrom(ping, pong), payload: payloads(fc.nat(125)) }) },
  ),
  { minLength: 1, maxLength: 12 },
)

/** Ends of reads: byte by byte, in the middle of headers, in large pieces. */
const cuts = fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 })), {
  maxLength: 60,
})

const sides = [
  ['a client', false],
  ['a server', true],
] as const

describe.each(sides)('FrameReader of %s', (_side, masked) => {
  const wire = (sent: readonly Frame[]): Buffer =>
    Buffer.concat(sent.map(({ opcode, payload }) => wsFrame(payload, { opcode, masked })))

  test('delivers each message whole, in order and once, and leaves pings and pongs to ws one by one', async () => {
    await fc.assert(
      fc.asyncProperty(frames, cuts, async (sent, cuts) => {
        const key = Uint8Array.of(0x11, 0x22, 0x33, 0x44)
        const encoded = sent.map(({ opcode, payload }) => wsFrame(payload, { opcode, masked, key }))
        const reading = await read(cut(Buffer.concat(encoded), cuts), { masked })
        expect(reading.digests()).toEqual(
          sent.map(({ opcode, payload }, index) =>
            opcode === binary ? digestOf('reader', payload) : digestOf('ws', encoded[index]!),
          ),
        )
      }),
      { numRuns: 150 },
    )
  })

  test('delivers the same whether reads go to its memory, or by way of the stream at last', () => {
    const tens = fc.integer({ min: 1, max: 6000 }).map((count) => count * 10)
    const bytesAtMost = fc.oneof(fc.constant(100_000), tens, fc.integer({ min: 1, max: 100_000 }))
    const step = fc.record({ bytes: bytesAtMost, straight: fc.boolean(), late: fc.boolean() })
    const longest = fc.constant(processFramePool.frameBytes)
    const sizes = fc.array(fc.oneof({ weight: 3, arbitrary: longest }, messageSizes), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(sizes, fc.array(step, { minLength: 1, maxLength: 20 }), (sizes, steps) => {
        // Full of bytes that look like the start of the next one.
        const header = wsFrame(Buffer.alloc(processFramePool.frameBytes), { masked }).subarray(0, 10)
        const sent = sizes.map((size, seed) =>
          seed % 2 === 0 ? seededBytes(seed).take(size) : Buffer.alloc(size, header),
        )
        const bytes = wire(sent.map((payload) => ({ opcode: binary, payload })))
        const onMessage = (message: Uint8Array): void => {
          taken.push(...RecordingHandler.digestsOf([message]))
          processFramePool.give(message)
        }
        const taken: string[] = []
        const stream = connection()
        readByTap(new Reading(stream, { masked, onMessage }).reader, stream, bytes, steps)
        expect(taken).toEqual(RecordingHandler.digestsOf(sent))
      }),
      { numRuns: 150 },
    )
  })

  test('reads one byte at a time', async () => {
    const sizes = [0, 1, 125, 126, 300, 0, 40_000]
    const sent = sizes.flatMap((size, seed) => [
      { opcode: binary, payload: seededBytes(seed).take(size) },
      { opcode: ping, payload: seededBytes(seed).take(seed) },
    ])
    const bytes = wire(sent)
    const reading = await read(cut(bytes, Array<number>(bytes.length).fill(1)), { masked })
    expect(RecordingHandler.digestsOf(reading.messages)).toEqual(
      RecordingHandler.digestsOf(sent.filter(({ opcode }) => opcode === binary).map(({ payload }) => payload)),
    )
  })

  test('takes a message of exactly maxMessageBytes', async () => {
    const reading = await read([wire([{ opcode: binary, payload: Buffer.alloc(1000) }])], {
      masked,
      maxMessageBytes: 1000,
    })
    expect(reading.byteCount).toBe(1000)
  })

  const foreign: [string, Buffer][] = [
    ['text', wsFrame(Buffer.from('text'), { opcode: 0x1, masked })],
    ['the first fragment of a message', wsFrame(Buffer.alloc(10), { fin: false, masked })],
    ['a further fragment', wsFrame(Buffer.alloc(10), { opcode: 0x0, masked })],
    ['a close', wsFrame(Buffer.of(3, 232), { opcode: 0x8, masked })],
    ['a reserved bit', wsFrame(Buffer.alloc(10), { rsv1: true, masked })],
    ['a reserved bit of a ping', wsFrame(Buffer.alloc(10), { opcode: ping, rsv1: true, masked })],
    ['a ping in fragments', wsFrame(Buffer.alloc(10), { opcode: ping, fin: false, masked })],
    ['a ping of more than 125 bytes', wsFrame(Buffer.alloc(126), { opcode: ping, masked })],
    ['a pong of more than 65535 bytes', wsFrame(Buffer.alloc(65_536), { opcode: pong, masked })],
    ['a reserved opcode', wsFrame(Buffer.alloc(10), { opcode: 0x3, masked })],
    ['the wrong mask bit', wsFrame(Buffer.alloc(10), { masked: !masked })],
    ['the wrong mask bit of a ping', wsFrame(Buffer.alloc(10), { opcode: ping, masked: !masked })],
    ['more than maxMessageBytes', wsFrame(Buffer.alloc(1001), { masked })],
    ['more than fits a number', Buffer.of(0x82, masked ? 0xff : 0x7f, ...Array<number>(12).fill(0xff))],
  ]

  test.each(foreign)('leaves %s and all that follows to ws, byte for byte', async (_title, frame) => {
    const before = seededBytes(1).take(700)
    const tail = Buffer.concat([frame, wsFrame(seededBytes(2).take(500), { masked }), seededBytes(3).take(300)])
    const bytes = Buffer.concat([wsFrame(before, { masked }), tail])
    const options = { masked, maxMessageBytes: 1000 }
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.constant(1), fc.nat(400)), { maxLength: 20 }), async (cuts) => {
        const reading = await read(cut(bytes, cuts), options)
        expect({ digests: RecordingHandler.digestsOf(reading.messages), left: reading.left.toString('hex') }).toEqual({
          digests: RecordingHandler.digestsOf([before]),
          left: tail.toString('hex'),
        })
      }),
      { numRuns: 25 },
    )
  })

  test.each(foreign)('leaves %s to ws as soon as its header shows it', async (_title, frame) => {
    const header = frame.subarray(0, 14)
    const reading = await read([header], { masked, maxMessageBytes: 1000 })
    expect(reading.left.toString('hex')).toBe(header.toString('hex'))
  })

  test('delivers what a connection had read that broke while it was paused, before ws hears of its end', async () => {
    const sent = [3, 20_000, 70_000].map((size, seed) => ({ opcode: binary, payload: seededBytes(seed).take(size) }))
    const stream = connection()
    const reading = new Reading(stream, { masked })
    const atClose: number[] = []
    stream.on('close', () => atClose.push(reading.messages.length, stream.readableLength))
    stream.pause()
    for (const chunk of cut(wire(sent), [2, 10_000, 30_000])) stream.push(chunk)
    stream.destroy()
    await once(stream, 'close')
    expect({ atClose, digests: reading.digests() }).toEqual({
      atClose: [3, 0],
      digests: sent.map(({ payload }) => digestOf('reader', payload)),
    })
  })

  test('delivers what a broken connection had read that was to be read on when it closed', async () => {
    const sent = [3, 20_000, 70_000].map((size, seed) => ({ opcode: binary, payload: seededBytes(seed).take(size) }))
    const stream = connection()
    const reading = new Reading(stream, { masked })
    stream.pause()
    for (const chunk of cut(wire(sent), [2, 10_000, 30_000])) stream.push(chunk)
    await turns(2)
    stream.destroy()
    stream.resume()
    await once(stream, 'close')
    expect({ readableLength: stream.readableLength, digests: reading.digests() }).toEqual({
      readableLength: 0,
      digests: sent.map(({ payload }) => digestOf('reader', payload)),
    })
  })

  test('leaves what a broken connection had read to ws from a close on', async () => {
    const tail = wsFrame(Buffer.of(3, 232), { opcode: 0x8, masked })
    const stream = connection()
    const reading = new Reading(stream, { masked })
    stream.pause()
    stream.push(Buffer.concat([wsFrame(Buffer.of(1, 2, 3), { masked }), tail]))
    stream.destroy()
    await once(stream, 'close')
    expect({ messages: reading.messages.length, left: reading.left.toString('hex') }).toEqual({
      messages: 1,
      left: tail.toString('hex'),
    })
  })

  test('holds not much more memory for a message than has come of it', async () => {
    const collect = garbageCollector()
    const usedBytes = (): number => {
      collect()
      const { heapUsed, arrayBuffers } = process.memoryUsage()
      return heapUsed + arrayBuffers
    }
    const stream = connection()
    const reading = new Reading(stream, { masked, maxMessageBytes: 33_554_432 })
    stream.push(wsFrame(Buffer.alloc(33_554_432), { masked }).subarray(0, 20))
    await turns(2)
    const before = usedBytes()
    // 120 MB, if the reader kept its reads of one byte until the message is complete.
    for (let count = 0; count < 30_000; count++) stream.push(Buffer.from(new ArrayBuffer(4096), 0, 1))
    await until(() => stream.readableLength === 0, 'all bytes to be read')
    await until(() => usedBytes() - before < 16_000_000, 'the reads to be collected', { timeoutMs: 10_000 })
    expect(reading.messages).toEqual([])
  })
})

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

describe.each(sides)('FrameReader of %s, on a socket with long reads,', (_side, masked) => {
  /** Reads `bytes` from a socket. */
  async function readSocket(
    bytes: Uint8Array,
    options: ReadOptions,
    done: (reading: Reading) => boolean,
    prepare: (socket: Socket) => void = () => {},
  ): Promise<Reading> {
    const server = await tcpServer((socket) => socket.write(bytes))
    const socket: Socket = connect(server.port, server.host)
    const reading = new Reading(socket, { masked, ...options })
    prepare(socket)
    await until(() => done(reading), 'all that was sent')
    socket.destroy()
    await server.close()
    return reading
  }

  const sizes = Array.from({ length: 120 }, (_, index) => [100, 60_000, 100_000, 20_000, 25_000, 0][index % 6]!)
  const sent = sizes.map((size, seed) => seededBytes(seed).take(size))
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const bytes = Buffer.concat(sent.map((payload) => wsFrame(payload, { masked })))

  test('leaves its messages as they were, though the memory of reads is used again', async () => {
    const reading = await readSocket(bytes, {}, ({ byteCount }) => byteCount === total)
    expect(RecordingHandler.digestsOf(reading.messages)).toEqual(RecordingHandler.digestsOf(sent))
  })

  test('reads short messages before the stream, which would allocate 64 KiB for each', async () => {
    let pushedBytes = 0
    const prepare = (socket: Socket): void => {
      const push = socket.push.bind(socket)
      socket.push = (chunk: Buffer | null) => {
        pushedBytes += chunk?.length ?? 0
        return push(chunk)
      }
    }
    await readSocket(wsFrame(Buffer.alloc(100), { masked }), {}, ({ byteCount }) => byteCount === 100, prepare)
    expect(pushedBytes).toBe(0)
  })

  describe('whose messages are as long as the pool has memory for,', () => {
    const longest = processFramePool.frameBytes
    const sizes = Array.from({ length: 200 }, (_, index) => (index % 9 < 7 ? longest : [300, longest - 1][index % 2]!))
    const sent = sizes.map((size, seed) => seededBytes(seed).take(size))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    const frames = sent.map((payload) => wsFrame(payload, { masked }))
    const digests = RecordingHandler.digestsOf(sent)

    test('reads them into memory of the pool', async () => {
      const owned: boolean[] = []
      const onMessage = (message: Uint8Array): void => void owned.push(processFramePool.owns(message))
      await readSocket(Buffer.concat(frames), { onMessage }, ({ byteCount }) => byteCount === total)
      expect(owned).toEqual(sizes.map((size) => size > 300))
    })

    test('reads them although the memory of each is used again after its return', async () => {
      const taken: string[] = []
      const onMessage = (message: Uint8Array): void => {
        taken.push(...RecordingHandler.digestsOf([message]))
        processFramePool.give(message)
        processFramePool.give(processFramePool.take(longest).fill(0))
      }
      await readSocket(Buffer.concat(frames), { onMessage }, ({ messages }) => messages.length === sent.length)
      expect(taken).toEqual(digests)
    })

    test.each([0, 1, 125])('reads them between pings of %i bytes', async (size) => {
      const pingFrame = wsFrame(Buffer.alloc(size), { opcode: ping, masked })
      const bytes = frames.flatMap((frame, index) => (index % 3 === 0 ? [pingFrame, frame] : [frame]))
      const reading = await readSocket(Buffer.concat(bytes), {}, ({ byteCount }) => byteCount === total)
      expect(RecordingHandler.digestsOf(reading.messages)).toEqual(digests)
    })

    test('reads them although the socket is paused sometimes and has another listener for a while', async () => {
      const prepare = (socket: Socket): void => {
        const listen = (): void => {}
        let turn = 0
        const disturb = setInterval(() => {
          turn++
          if (turn % 2 === 0) socket.pause()
          if (turn % 3 === 0) socket.on('data', listen)
          if (turn % 5 === 0) socket.off('data', listen)
          setImmediate(() => socket.resume())
        }, 1)
        socket.once('close', () => clearInterval(disturb))
      }
      const reading = await readSocket(Buffer.concat(frames), {}, ({ byteCount }) => byteCount === total, prepare)
      expect(RecordingHandler.digestsOf(reading.messages)).toEqual(digests)
    })
  })

  test('lets someone else listen', async () => {
    let heard = 0
    const listen = (socket: Socket): void => void socket.on('data', (chunk: Buffer) => (heard += chunk.length))
    await readSocket(bytes, {}, ({ byteCount }) => byteCount === total, listen)
    expect(heard).toBe(bytes.length)
  })

  test('leaves to ws the bytes that are not recycled', async () => {
    const tail = wsFrame(seededBytes(7).take(200_000), { opcode: 0x1, masked })
    const reading = await readSocket(Buffer.concat([bytes, tail]), {}, ({ left }) => left.length === tail.length)
    expect(RecordingHandler.digestsOf([reading.left])).toEqual(RecordingHandler.digestsOf([tail]))
  })
})
