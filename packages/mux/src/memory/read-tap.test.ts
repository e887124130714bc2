import { once } from 'node:events'
import { createServer, type AddressInfo, connect, Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { seededBytes, testCertificate, turns, until } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { ReadTap, type ReadTapOwner } from './read-tap.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Pair {
  readonly tapped: Socket
  readonly far: Socket
}

/** The two ends of a connection. */
async function pairOf(secure: boolean): Promise<{ connected: Socket; accepted: Socket }> {
  const { cert, key } = testCertificate()
  const server = secure ? createTlsServer({ cert, key }) : createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepting = once(server, secure ? 'secureConnection' : 'connection') as Promise<[Socket]>
  const place = { port: (server.address() as AddressInfo).port, host: '127.0.0.1' }
  const connected = secure ? connectTls({ ...place, ca: cert, servername: 'localhost' }) : connect(place)
  const [accepted] = await accepting
  cleanups.push(() => [connected.destroy(), accepted.destroy(), server.close()])
  return { connected, accepted }
}

/** An owner without memory of its own. */
function borrower(take: (bytes: Uint8Array) => void): ReadTapOwner {
  const onRead = (bytes: Uint8Array): boolean => {
    take(bytes)
    return true
  }
  return { readMemory: () => undefined, onRead }
}

const idle = borrower(() => {})

/** Taps a socket as intended, and joins the bytes from the tap and from the stream. */
function collect(socket: Socket): { bytes(): Buffer; tap: ReadTap | undefined; tappedBytes: number } {
  const chunks: Buffer[] = []
  const collected = { bytes: () => Buffer.concat(chunks), tap: undefined as ReadTap | undefined, tappedBytes: 0 }
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  collected.tap = ReadTap.open(
    socket,
    borrower((bytes) => {
      collected.tappedBytes += bytes.length
      chunks.push(Buffer.from(bytes))
    }),
  )
  return collected
}

describe.each([
  ['a socket that was connected', 'connected'],
  ['a socket that was accepted', 'accepted'],
] as const)('ReadTap of %s', (_name, end) => {
  async function makePair(): Promise<Pair> {
    const { connected, accepted } = await pairOf(false)
    return end === 'connected' ? { tapped: connected, far: accepted } : { tapped: accepted, far: connected }
  }

  test('returns the bytes read, which shows that this Node still has the needed internals', async () => {
    const { tapped, far } = await makePair()
    const collected = collect(tapped)
    far.write('x')
    await until(() => collected.bytes().length === 1, 'the byte')
    expect(collected.tappedBytes).toBe(1)
  })

  test('gives every byte in order, though a pause comes every now and then', async () => {
    const { tapped, far } = await makePair()
    const expected = seededBytes(1).take(8_000_000)
    const collected = collect(tapped)
    const pausing = setInterval(() => {
      tapped.pause()
      setImmediate(() => tapped.resume())
    }, 1)
    cleanups.push(() => clearInterval(pausing))
    far.end(expected)
    await once(tapped, 'end')
    expect(collected.bytes().equals(expected)).toBe(true)
  })

  test('gives every byte in order when it is opened in the middle', async () => {
    const { tapped, far } = await makePair()
    const expected = seededBytes(2).take(4_000_000)
    const chunks: Buffer[] = []
    let tap: ReadTap | undefined
    tapped.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      tap ??= ReadTap.open(
        tapped,
        borrower((bytes) => chunks.push(Buffer.from(bytes))),
      )
    })
    far.end(expected)
    await once(tapped, 'end')
    expect(Buffer.concat(chunks).equals(expected)).toBe(true)
  })

  test('gives what the stream held before it was opened first', async () => {
    const { tapped, far } = await makePair()
    far.write('first')
    await once(tapped, 'readable')
    const collected = collect(tapped)
    tapped.resume()
    far.write(' second')
    await until(() => collected.bytes().length === 12, 'both')
    expect(collected.bytes().toString()).toBe('first second')
  })

  test('leaves reading to the stream while it has another listener', async () => {
    const { tapped, far } = await makePair()
    const collected = collect(tapped)
    tapped.on('data', () => {})
    far.write('x')
    await until(() => collected.bytes().length === 1, 'the byte')
    expect(collected.tappedBytes).toBe(0)
  })

  test('leaves all to the stream once it is closed', async () => {
    const { tapped, far } = await makePair()
    const collected = collect(tapped)
    collected.tap?.close()
    far.write('x')
    await until(() => collected.bytes().length === 1, 'the byte')
    expect(collected.tappedBytes).toBe(0)
  })

  test('reads into memory of its owner, asked for before each read', async () => {
    const { tapped, far } = await makePair()
    const memories: Uint8Array[] = []
    const inPlace: boolean[] = []
    tapped.on('data', () => {})
    ReadTap.open(tapped, {
      readMemory: () => memories[memories.push(new Uint8Array(1000)) - 1],
      onRead: (bytes) => inPlace.push(bytes.buffer === memories.at(-1)?.buffer) > 0,
    })
    far.write(seededBytes(3).take(2500))
    await until(() => inPlace.length === 3, 'three reads')
    expect({ inPlace, complete: Buffer.concat(memories).subarray(0, 2500).equals(seededBytes(3).take(2500)) }).toEqual({
      inPlace: [true, true, true],
      complete: true,
    })
  })

  test('reports which reads filled their memory', async () => {
    const { tapped, far } = await makePair()
    const reads: [bytes: number, isFull: boolean][] = []
    tapped.on('data', () => {})
    ReadTap.open(tapped, {
      readMemory: () => new Uint8Array(1000),
      onRead: (bytes, isFull) => reads.push([bytes.length, isFull]) > 0,
    })
    far.write(Buffer.alloc(1500))
    await until(() => reads.length === 2, 'two reads')
    expect(reads).toEqual([
      [1000, true],
      [500, false],
    ])
  })

  test('reads no more after its owner said so, until the socket is resumed', async () => {
    const { tapped, far } = await makePair()
    const reads: number[] = []
    tapped.on('data', () => {})
    ReadTap.open(tapped, {
      readMemory: () => new Uint8Array(1000),
      onRead: (bytes) => reads.push(bytes.length) > 1,
    })
    far.write(Buffer.alloc(1500))
    await until(() => reads.length === 1, 'the first read')
    await turns(20)
    const stopped = [...reads]
    tapped.resume()
    await until(() => reads.length === 2, 'the second read')
    expect({ stopped, reads }).toEqual({ stopped: [1000], reads: [1000, 500] })
  })

  test('delivers the end as usual', async () => {
    const { tapped, far } = await makePair()
    collect(tapped)
    far.end()
    await once(tapped, 'end')
    expect(tapped.readableEnded).toBe(true)
  })

  test('gives nothing while the socket is paused', async () => {
    const { tapped, far } = await makePair()
    const collected = collect(tapped)
    await turns(2)
    tapped.pause()
    far.write('x')
    await turns(20)
    expect(collected.bytes().length).toBe(0)
  })
})

describe('ReadTap.open', () => {
  test('gives nothing for a stream that is no socket', () => {
    expect(ReadTap.open(new PassThrough(), idle)).toBeUndefined()
  })

  test('gives nothing for a TLS socket, where it would cost more', async () => {
    const { connected } = await pairOf(true)
    expect(ReadTap.open(connected, idle)).toBeUndefined()
  })

  test('gives nothing for a socket that is not connected', () => {
    expect(ReadTap.open(new Socket(), idle)).toBeUndefined()
  })

  test('gives nothing for a socket that reads into memory of its owner', async () => {
    const { accepted } = await pairOf(false)
    ReadTap.open(accepted, idle)
    expect(ReadTap.open(accepted, idle)).toBeUndefined()
  })
})
