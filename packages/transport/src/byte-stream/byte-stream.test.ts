import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { FakeClock, memoryTransportPair, RecordingHandler, seededBytes, turns, until } from '@ls/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteStream, maxStreamMessageBytes, type ByteStreamOptions, type OpenTransport } from './byte-stream.js'

/** A stream and the bare transport at its other end. */
function streamToPeer(options: ByteStreamOptions = {}) {
  const [transport, far] = memoryTransportPair()
  const stream = quiet(new ByteStream(transport, options))
  const peer = new RecordingHandler()
  far.setHandler(peer)
  return { stream, transport, far, peer }
}

/** A stream at both ends. */
function streamPair(near: ByteStreamOptions = {}, far: ByteStreamOptions = {}) {
  const [left, right] = memoryTransportPair()
  return { near: quiet(new ByteStream(left, near)), far: quiet(new ByteStream(right, far)), left, right }
}

function quiet(stream: ByteStream): ByteStream {
  return stream.on('error', () => {})
}

/** Returns the result of a write. */
function write(stream: Writable, chunk: string | Uint8Array): Promise<Error | undefined> {
  return new Promise((resolve) => stream.write(chunk, (error) => resolve(error ?? undefined)))
}

const closed = (stream: ByteStream): Promise<void> => until(() => stream.closed, 'the stream to close')
const texts = ({ messages }: RecordingHandler): string[] => messages.map((message) => Buffer.from(message).toString())

describe('ByteStream writes', () => {
  test('one message for each write', async () => {
    const { stream, peer } = streamToPeer()
    for (const chunk of ['a', 'b', 'cd']) stream.write(chunk)
    await until(() => peer.messages.length === 3, 'three messages')
    expect(texts(peer)).toEqual(['a', 'b', 'cd'])
  })

  test('no message for an empty write, which still reports back', async () => {
    const { stream, peer } = streamToPeer()
    expect(await write(stream, '')).toBeUndefined()
    stream.write('x')
    await until(() => peer.messages.length > 0, 'a message')
    expect(texts(peer)).toEqual(['x'])
  })

  test('more than a message may hold in pieces', async () => {
    const bytes = seededBytes(3).take(2 * maxStreamMessageBytes + 1)
    const { stream, peer } = streamToPeer()
    stream.write(bytes)
    await until(() => peer.messages.length === 3, 'three messages')
    expect(peer.messages.map(({ length }) => length)).toEqual([maxStreamMessageBytes, maxStreamMessageBytes, 1])
    expect(Buffer.concat(peer.messages).equals(bytes)).toBe(true)
  })

  test('no more than the transport takes while the peer reads nothing', async () => {
    const { stream, far, transport } = streamToPeer()
    far.pause()
    const chunks = Array.from({ length: 100 }, () => new Uint8Array(65_536))
    for (const chunk of chunks) stream.write(chunk)
    await turns(50)
    expect(stream.writableLength).toBeGreaterThan(95 * 65_536)
    expect(transport.bufferedBytes).toBeLessThan(200_000)
  })

  test('all of a long write to a peer that reads now and then', async () => {
    const { near, far } = streamPair()
    const bytes = seededBytes(5).take(3_000_000)
    near.end(bytes)
    const got: Buffer[] = []
    for await (const chunk of far) {
      got.push(chunk as Buffer)
      await turns(2)
    }
    expect(Buffer.concat(got).equals(bytes)).toBe(true)
  })
})

describe('ByteStream reads', () => {
  test('the same bytes however they are cut into messages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 }), async (messages) => {
        const { stream, far } = streamToPeer()
        for (const message of messages) far.send(message)
        far.close()
        expect((await buffer(stream)).equals(Buffer.concat(messages))).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  test('at most what it has room for while it is not read', async () => {
    const { stream, far } = streamToPeer()
    stream.once('readable', () => void stream.read(1))
    for (let count = 0; count < 100; count++) far.send(new Uint8Array(16_384))
    await turns(100)
    expect(stream.readableLength).toBeLessThanOrEqual(65_536 + 16_384)
    expect(far.bufferedBytes).toBeGreaterThan(1_000_000)
  })

  test('on when its reader does', async () => {
    const { stream, far } = streamToPeer()
    const bytes = seededBytes(6).take(1_000_000)
    for (let start = 0; start < bytes.length; start += 10_000) far.send(bytes.subarray(start, start + 10_000))
    far.close()
    await turns(20)
    expect((await buffer(stream)).equals(bytes)).toBe(true)
  })
})

describe('ByteStream ends', () => {
  test('with close code 1000 after all that was written', async () => {
    const { stream, peer } = streamToPeer()
    stream.write('first')
    stream.end('last')
    await until(() => peer.closes.length > 0, 'the close')
    expect({ texts: texts(peer), code: peer.closes[0]?.code }).toEqual({ texts: ['first', 'last'], code: 1000 })
  })

  test.each([1000, 1005])('when the peer closes with %i, after all that came', async (code) => {
    const { stream, far } = streamToPeer()
    far.send(Buffer.from('last words'))
    far.close({ code, reason: '' })
    expect(await text(stream)).toBe('last words')
    await closed(stream)
    expect(stream.errored).toBeNull()
  })

  test.each([1001, 1011, 4000])('in an error when the peer closes with %i', async (code) => {
    const { stream, far } = streamToPeer()
    stream.resume()
    far.close({ code, reason: 'on purpose' })
    await closed(stream)
    expect(stream.errored).toMatchObject({
      code: 'ERR_TRANSPORT_CONNECTION_LOST',
      message: `the peer closed the byte stream with ${code}: on purpose`,
    })
  })

  test('in an error when the connection is cut', async () => {
    const { stream, far } = streamToPeer()
    stream.resume()
    far.cut()
    await closed(stream)
    expect(stream.errored).toMatchObject({ code: 'ERR_TRANSPORT_CONNECTION_LOST', message: 'connection lost' })
  })

  test('fails a write after the peer has ended, once its bytes were read', async () => {
    const { stream, far } = streamToPeer()
    far.send(Buffer.from('bye'))
    far.close()
    await turns(5)
    let error: Error | undefined
    void write(stream, 'too late').then((failure) => (error = failure))
    await turns(5)
    const before = error
    expect(await text(stream).catch(() => 'lost')).toBe('bye')
    await until(() => error !== undefined, 'the write to fail')
    expect({ before, error }).toMatchObject({ before: undefined, error: { code: 'ERR_TRANSPORT_CONNECTION_LOST' } })
  })

  test('fails the write that waits when the peer ends', async () => {
    const { stream, far } = streamToPeer()
    far.pause()
    const outcomes = [1, 2, 3].map(() => write(stream, new Uint8Array(100_000)))
    stream.resume()
    await turns(5)
    far.close()
    far.resume()
    expect(await outcomes.at(-1)).toBeInstanceOf(Error)
  })
})

describe('ByteStream with answerWaitMs', () => {
  const waiting = (clock: FakeClock): ByteStreamOptions => ({ answerWaitMs: 5000, clock })

  test('reads an answer that comes after its own end', async () => {
    const { near, far } = streamPair({ answerWaitMs: 5000, clock: new FakeClock() })
    near.end('question')
    await once(far, 'data')
    far.end('the answer')
    expect(await text(near)).toBe('the answer')
  })

  test('closes with 1000 once the peer has been silent for that long', async () => {
    const clock = new FakeClock()
    const { stream, peer } = streamToPeer(waiting(clock))
    stream.resume().end('question')
    await until(() => stream.writableFinished, 'the end')
    clock.advance(4999)
    await turns(5)
    const before = peer.closes[0]
    clock.advance(1)
    await until(() => peer.closes.length > 0, 'the close')
    expect({ before, code: peer.closes[0]?.code }).toEqual({ before: undefined, code: 1000 })
  })

  test('continues to wait while the peer sends', async () => {
    const clock = new FakeClock()
    const { stream, far, peer } = streamToPeer(waiting(clock))
    stream.resume().end()
    for (let count = 0; count < 4; count++) {
      far.send(Uint8Array.of(1))
      await turns(5)
      clock.advance(5000)
    }
    await turns(5)
    expect(peer.closes[0]).toBeUndefined()
  })

  test('does not count the silence that its own reader makes', async () => {
    const clock = new FakeClock()
    const { stream, far, peer } = streamToPeer(waiting(clock))
    stream.end()
    stream.once('readable', () => void stream.read(1))
    for (let count = 0; count < 20; count++) far.send(new Uint8Array(16_384))
    await turns(20)
    for (let count = 0; count < 5; count++) clock.advance(5000)
    await turns(5)
    expect(peer.closes[0]).toBeUndefined()
  })

  test.each([0, -1, 0.5, Number.NaN])('refuses %d', (answerWaitMs) => {
    const [transport] = memoryTransportPair()
    expect(() => new ByteStream(transport, { answerWaitMs })).toThrow(RangeError)
  })
})

describe('ByteStream.destroy', () => {
  test('closes with 1000 and is closed once the transport is', async () => {
    const { stream, peer } = streamToPeer()
    stream.destroy()
    const before = stream.closed
    await closed(stream)
    expect({ before, code: peer.closes[0]?.code }).toEqual({ before: false, code: 1000 })
  })

  test('with an error cuts the connection, so that nothing looks complete', async () => {
    const { near, far } = streamPair()
    near.write('the first half')
    await turns(5)
    far.resume()
    near.destroy(new Error('on purpose'))
    await closed(far)
    expect(far.errored).toMatchObject({ code: 'ERR_TRANSPORT_CONNECTION_LOST' })
  })

  test('cuts the connection when something written has not been sent', async () => {
    const { stream, far, peer } = streamToPeer()
    far.pause()
    for (let count = 0; count < 10; count++) stream.write(new Uint8Array(65_536))
    await turns(5)
    stream.destroy()
    far.resume()
    await until(() => peer.closes.length > 0, 'the close')
    expect(peer.closes[0]?.code).toBe(1006)
  })
})

describe('ByteStream over a transport that is opened by the first write', () => {
  /** A stream that is not opened yet, and the transport that it opens. */
  function lazyStream(fail?: Error) {
    const [transport, far] = memoryTransportPair()
    const peer = new RecordingHandler()
    far.setHandler(peer)
    const opened: string[][] = []
    const signals: AbortSignal[] = []
    const gate = { open: () => {} }
    const open: OpenTransport = async (firstMessages, signal) => {
      opened.push(firstMessages.map((message) => Buffer.from(message).toString()))
      signals.push(signal)
      await new Promise<void>((resolve) => (gate.open = resolve))
      if (fail !== undefined) throw fail
      return transport
    }
    return { stream: quiet(new ByteStream(open)), opened, signals, gate, far, peer }
  }

  test('opens it with the first write, and sends the rest behind it', async () => {
    const { stream, opened, gate, peer } = lazyStream()
    stream.write('first')
    stream.write('second')
    await turns(2)
    gate.open()
    await until(() => peer.messages.length > 0, 'a message')
    expect({ opened, texts: texts(peer) }).toEqual({ opened: [['first']], texts: ['second'] })
  })

  test('opens nothing for an empty write', async () => {
    const { stream, opened } = lazyStream()
    expect({ write: await write(stream, ''), opened }).toEqual({ write: undefined, opened: [] })
  })

  test('opens nothing when it ends before a write', async () => {
    const { stream, opened } = lazyStream()
    stream.resume().end()
    await closed(stream)
    expect({ errored: stream.errored, opened }).toEqual({ errored: null, opened: [] })
  })

  test('reads what comes once it is open', async () => {
    const { stream, gate, far } = lazyStream()
    stream.write('hello')
    far.send(Buffer.from('hello yourself'))
    far.close()
    gate.open()
    expect(await text(stream)).toBe('hello yourself')
  })

  test('is destroyed by the error that kept it from opening', async () => {
    const error = new Error('no way')
    const { stream, gate } = lazyStream(error)
    stream.write('hello')
    gate.open()
    await closed(stream)
    expect(stream.errored).toBe(error)
  })

  test('stops opening when it is destroyed, and closes a connection that opens late', async () => {
    const { stream, gate, signals, peer } = lazyStream()
    stream.write('hello')
    stream.destroy()
    gate.open()
    await until(() => peer.closes.length > 0, 'the close')
    expect({ aborted: signals[0]?.aborted, code: peer.closes[0]?.code }).toEqual({ aborted: true, code: 1006 })
  })
})
