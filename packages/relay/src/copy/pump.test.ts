import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Duplex, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { tcpDataHeaderBytes } from '@ls/codec'
import { type Channel, type ChannelCloseReason, type ChannelHandler, SharedBudget, type SessionOptions } from '@ls/mux'
import { processFramePool } from '@ls/mux/frames'
import { onceEvent, seededBytes, seededDigest, turns, until, within } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { sessionPair } from '../../testing/session-pair.js'
import { socketPair } from '../../testing/socket-pair.js'
import { pump, type PumpOptions } from './pump.js'

interface Net {
  /** The applications at both ends. */
  readonly near: Socket
  readonly far: Socket
  /** Accepted ends of their connections. */
  readonly sockets: readonly [near: Socket, far: Socket]
  readonly channels: readonly [near: Channel, far: Channel]
  readonly done: ChannelCloseReason[]
}

/** Connects application, pump, session, pump and application. */
async function net(options: PumpOptions = {}, session: SessionOptions = {}): Promise<Net> {
  const [left, right] = [await socketPair(), await socketPair()]
  const done: ChannelCloseReason[] = []
  const onDone = (reason: ChannelCloseReason): void => void done.push(reason)
  const farChannel = new Promise<Channel>((resolve) => {
    const { near } = sessionPair((channel) => {
      channel.setHandler(pump(right.ours, channel, options))
      channel.accept()
      channel.resume()
      resolve(channel)
    }, session)
    nearChannel = near.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } }, unattended)
    nearChannel.setHandler(pump(left.ours, nearChannel, { ...options, onDone }))
    nearChannel.resume()
  })
  return {
    near: left.application,
    far: right.application,
    sockets: [left.ours, right.ours],
    channels: [nearChannel, await farChannel],
    done,
  }
}

let nearChannel: Channel
const unattended: ChannelHandler = { onClose: () => {} }
const sizeBytes = 3_000_000

/** Returns the hash of the bytes until the end. The socket stays open: an async iterator would close it. */
async function digestOf(socket: Socket): Promise<string> {
  const hash = createHash('sha256')
  socket.on('data', (chunk) => hash.update(chunk))
  await onceEvent(socket, 'end')
  return hash.digest('hex')
}

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  await onceEvent(socket, 'end')
  return Buffer.concat(chunks).toString()
}

/** Writes until no more bytes leave for a while; returns the number of bytes. */
async function fill(socket: Socket): Promise<number> {
  const chunk = Buffer.alloc(65_536)
  let written = 0
  for (let quiet = 0; quiet < 200; quiet++) {
    if (socket.writableLength === 0) {
      quiet = 0
      socket.write(chunk)
      written += chunk.length
    }
    await turns(1)
  }
  return written
}

function send(socket: Socket, seed: number): void {
  const bytes = seededBytes(seed)
  const chunks = Array.from({ length: sizeBytes / 50_000 }, () => bytes.take(50_000))
  Readable.from(chunks).pipe(socket)
}

describe.each([
  ['extended', ['window', 'fin'] as const],
  ['base', [] as const],
])('pump over an %s link', (_kind, extensions) => {
  test('carries every byte in order', async () => {
    const { near, far } = await net({}, { extensions })
    send(near, 1)
    expect(await digestOf(far)).toBe(seededDigest(1, sizeBytes))
  })

  test('carries compressed payload in order, up to its end', async () => {
    const { near, far } = await net({ compressionThresholdBytes: 1 }, { extensions })
    const text = Array.from({ length: 200 }, (_, line) => `line ${line} `.repeat(500)).join('\n')
    near.end(text)
    expect((await buffer(far)).toString()).toBe(text)
  })

  test('ends both applications when both have ended', async () => {
    const { near, far, done } = await net({}, { extensions })
    near.resume()
    far.resume()
    near.end('one')
    far.end('two')
    await Promise.all([near, far].map((socket) => onceEvent(socket, 'close')))
    await until(() => done.length === 1, 'onDone')
    expect(done).toMatchObject([{ kind: 'ended' }])
  })

  test('resets the other application when one is reset', async () => {
    const { near, far, channels } = await net({}, { extensions })
    near.write('x')
    await once(far, 'data')
    const closed = onceEvent(far, 'close')
    near.resetAndDestroy()
    await closed
    await until(() => channels.every(({ state }) => state === 'closed'), 'both channels to close')
    expect(far.errored).toMatchObject({ code: 'ECONNRESET' })
  })
})

test('pump carries both directions concurrently', async () => {
  const { near, far } = await net()
  send(near, 1)
  send(far, 2)
  expect(await Promise.all([digestOf(far), digestOf(near)])).toEqual(
    [1, 2].map((seed) => seededDigest(seed, sizeBytes)),
  )
})

test('pump keeps one direction open after the other has ended', async () => {
  const { near, far } = await net()
  near.end('question')
  expect(await textOf(far)).toBe('question')
  far.end('late answer')
  expect(await textOf(near)).toBe('late answer')
})

test('pump stops reading a sender whose receiver does not read', async () => {
  const { near, far, channels } = await net({}, { maxWindowBytes: 262_144 })
  far.pause()
  const written = await fill(near)
  expect(channels[1].queuedBytes).toBeLessThanOrEqual(262_144)
  far.resume()
  await within(once(near, 'drain'), 'the sender to go on')
  await until(() => channels[1].receivedBytes >= written, 'all that was written')
})

test('pump closes when the peer disconnects while a target reads only after its own bytes were read', async () => {
  const { near, far, channels } = await net({}, { maxWindowBytes: 262_144 })
  far.pause()
  near.pause()
  await fill(near)
  await fill(far)
  channels[0].disconnect()
  await until(() => channels[1].state !== 'open', 'the Disconnect')
  await until(() => far.writableLength === 0, 'the target to have written')
  await onceEvent(far.resume(), 'end')
  expect(channels[1].state).toBe('closed')
})

test('pump delivers everything to an application that ended its side while it read', async () => {
  const { near, far } = await net({}, { extensions: [] })
  far.pause()
  // Less than a session queues for a base peer, so the buffers of a busy machine's sockets do not matter.
  near.end(Buffer.alloc(1_000_000))
  await onceEvent(near.resume(), 'close')
  far.end()
  expect((await buffer(far)).length).toBe(1_000_000)
})

test('pump destroys a socket that takes nothing once its channel is gone', async () => {
  const stuck = new Duplex({ read: () => {}, write: () => {} })
  const { near } = sessionPair((channel) => {
    channel.setHandler(pump(stuck, channel, { lingerMs: 20 }))
    channel.accept()
    channel.resume()
  })
  const channel = near.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } }, unattended)
  channel.send(Buffer.from('never taken'))
  await until(() => stuck.writableLength > 0, 'the payload')
  channel.abort('failed: the test says so')
  await onceEvent(stuck, 'close')
  expect(stuck.destroyed).toBe(true)
})

test('pump counts what a socket holds for a channel that is gone, until the socket is gone', async () => {
  const stuck = new Duplex({ read: () => {}, write: () => {} })
  const parentBudget = new SharedBudget({ limitBytes: 1_000_000 })
  const { near, far } = sessionPair(
    (channel) => {
      channel.setHandler(pump(stuck, channel, { lingerMs: 20 }))
      channel.accept()
      channel.resume()
    },
    { parentBudget },
  )
  const channel = near.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } }, unattended)
  channel.send(new Uint8Array(5000))
  await until(() => stuck.writableLength > 0, 'the payload')
  far.close('the test is over')
  near.close('the test is over')
  const lingering = parentBudget.usedBytes
  await onceEvent(stuck, 'close')
  expect({ lingering, usedBytes: parentBudget.usedBytes }).toEqual({ lingering: 5000, usedBytes: 0 })
})

test('pump reads no more than a few KiB beyond what the peer takes while memory is not plentiful', async () => {
  const { ours, application } = await socketPair()
  const windows = { windowBytes: 4096, peerWindowBytes: 4096, budgetBytes: 1_000_000 }
  const { near } = sessionPair((channel) => channel.accept(), windows)
  const { budget } = near.options
  budget.charge(100_000)
  const channel = near.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } }, unattended)
  await until(() => channel.state === 'open', 'the answer')
  channel.setHandler(pump(ours, channel))
  channel.resume()
  application.write(Buffer.alloc(8_000_000))
  await full(application)
  expect({ released: budget.usedBytes - 100_000 < 2 * 4096, readable: ours.readableLength }).toEqual({
    released: true,
    readable: 0,
  })
})

test('pump sends what a socket has ready in long messages to a base peer', async () => {
  const messages: number[] = []
  const { channels, near, far } = await net({}, { extensions: [] })
  const totalBytes = 16_000_000
  channels[1].setHandler({
    onData: ({ length }) => {
      messages.push(length)
      channels[1].consumed(length)
    },
    onClose: () => {},
  })
  // The peer reads nothing until the buffers of the system are full, so that many bytes are ready then.
  channels[1].pause()
  near.write(Buffer.alloc(totalBytes))
  await full(near)
  channels[1].resume()
  const received = (): number => messages.reduce((sum, bytes) => sum + bytes, 0)
  await until(() => received() === totalBytes, 'all bytes')
  expect(Math.max(...messages)).toBeGreaterThan(65_536)
  far.destroy()
})

test('pump carries long messages to a base peer in order', async () => {
  const { near, far } = await net({}, { extensions: [] })
  near.end(seededBytes(3).take(20_000_000))
  const received = await within(buffer(far), 'the end of the transfer')
  expect(received.equals(seededBytes(3).take(20_000_000))).toBe(true)
})

test('pump gives the peer the reason why its socket failed', async () => {
  const { near, channels } = await net()
  const [, far] = channels
  const reasons: ChannelCloseReason[] = []
  const inner = far.handler as ChannelHandler
  far.setHandler({
    onData: (payload) => inner.onData?.(payload),
    onEnd: () => inner.onEnd?.(),
    onClose: (reason) => {
      reasons.push(reason)
      inner.onClose?.(reason)
    },
  })
  near.resetAndDestroy()
  await until(() => reasons.length === 1, 'onClose')
  expect(reasons[0]?.error).toMatch(/^failed: read ECONNRESET/)
})

describe('pump passes on a reset that comes with data, which libuv reports as an end,', () => {
  test('after the other side has ended', async () => {
    const { near, far, done } = await net()
    near.resume().end('question')
    await textOf(far)
    resetBehindData(far)
    await until(() => done.length === 1, 'the end of the channel')
    expect(done[0]?.error).toMatch(/^failed: read ECONNRESET/)
  })

  test('while bytes wait for an application that reads nothing', async () => {
    const { near, far, sockets, done } = await net()
    near.resume().write(Buffer.alloc(20_000_000))
    await until(() => sockets[1].writableLength > 0, 'the socket to be full')
    resetBehindData(far)
    await until(() => done.length === 1, 'the end of the channel')
    expect(sockets[0].writableEnded).toBe(false)
  })
})

/** Sends data and then resets; both arrive in one turn of the event loop. */
function resetBehindData(socket: Socket): void {
  socket.write('part of an ans')
  socket.resetAndDestroy()
}

/** Resolves when a socket has not accepted a byte for some turns of the event loop. */
async function full(socket: Socket): Promise<void> {
  for (let [before, same] = [-1, 0]; same < 10; same = socket.writableLength === before ? same + 1 : 0) {
    before = socket.writableLength
    await turns(2)
  }
}

/** Gzip of 1000 bytes whose trailer says that they are `claimedBytes`. */
function lyingGzip(claimedBytes: number): Uint8Array {
  const bytes = gzipSync(Buffer.alloc(1000))
  bytes.writeUInt32LE(claimedBytes, bytes.length - 4)
  return bytes
}

describe('pump, when the peer sends gzip that lies about its size,', () => {
  test.each([10, 1001])('resets the application, and disconnects the channel: %i bytes', async (claimedBytes) => {
    const { far, channels } = await net()
    const closed = onceEvent(far, 'close')
    channels[0].send(lyingGzip(claimedBytes), { inflatedBytes: claimedBytes })
    await closed
    await until(() => channels.every(({ state }) => state === 'closed'), 'both channels to close')
    expect(far.errored).toMatchObject({ code: 'ECONNRESET' })
  })

  test('does not let a stream that ended regularly look complete', async () => {
    const { far, channels } = await net()
    const closed = onceEvent(far, 'close')
    channels[0].send(lyingGzip(10), { inflatedBytes: 10 })
    channels[0].disconnect('')
    await closed
    expect(far.errored).toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('pump, when compressed payload comes faster than the application reads,', () => {
  /** 32 MiB in 32 KiB, for an application that reads nothing. */
  async function bomb() {
    const { ours, application } = await socketPair()
    application.pause()
    const handler = handlerFor(ours)
    const gzip = gzipSync(Buffer.alloc(32 * 1_048_576))
    handler.onCompressedData?.(gzip, 32 * 1_048_576)
    await until(() => ours.writableNeedDrain, 'the socket to be full')
    return { ours, application, handler }
  }

  test('inflates no more than the socket takes', async () => {
    const { ours } = await bomb()
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
    expect(ours.writableLength).toBeLessThan(262_144)
    ours.destroy()
  })

  test('delivers the rest as it is read, and then the end', async () => {
    const { application, handler } = await bomb()
    handler.onClose?.({ kind: 'ended', error: '' })
    let bytes = 0
    application.on('data', (chunk: Buffer) => (bytes += chunk.length)).resume()
    await onceEvent(application, 'end')
    expect(bytes).toBe(32 * 1_048_576)
    application.destroy()
  })
})

/** The handler of a base channel, whose payload may come from anywhere. */
function handlerFor(socket: Duplex): ChannelHandler {
  const { near } = sessionPair((channel) => channel.reject('forbidden: no'), { extensions: [] })
  const channel = near.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } }, unattended)
  return pump(socket, channel)
}

/** Payload as a link reads it: behind the header of its message, in memory of the pool. */
function pooledPayload(seed: number): Uint8Array {
  const message = processFramePool.take(60_000)
  message.set(seededBytes(seed).take(60_000))
  return message.subarray(tcpDataHeaderBytes)
}

describe('pump and memory of the pool', () => {
  test('returns it once a socket has written it, and the bytes arrive unchanged', async () => {
    const { ours, application } = await socketPair()
    const received: Buffer[] = []
    application.on('data', (chunk: Buffer) => received.push(chunk))
    const handler = handlerFor(ours)
    const lent: boolean[] = []
    for (let seed = 0; seed < 100; seed++) {
      const payload = pooledPayload(seed)
      handler.onData?.(payload)
      lent.push(processFramePool.owns(payload))
      if (seed === 50) await until(() => !processFramePool.owns(payload), 'the memory to be given back')
    }
    const bytes = 100 * (60_000 - tcpDataHeaderBytes)
    await until(() => Buffer.concat(received).length === bytes, 'all bytes', { timeoutMs: 15_000 })
    const expected = Array.from({ length: 100 }, (_, seed) =>
      seededBytes(seed).take(60_000).subarray(tcpDataHeaderBytes),
    )
    expect({ complete: Buffer.concat(received).equals(Buffer.concat(expected)), lent: lent.every(Boolean) }).toEqual({
      complete: true,
      lent: true,
    })
  })

  test('returns it when the socket is closed before it was written', async () => {
    const { ours } = await socketPair()
    const handler = handlerFor(ours)
    const payload = pooledPayload(1)
    handler.onData?.(payload)
    ours.destroy()
    await until(() => !processFramePool.owns(payload), 'the memory to be given back')
    expect(processFramePool.owns(payload)).toBe(false)
  })

  test('leaves it with a stream that may keep reported bytes', async () => {
    const written: Buffer[] = []
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _encoding, callback) {
        written.push(chunk)
        callback()
      },
    })
    const payload = pooledPayload(1)
    handlerFor(stream).onData?.(payload)
    await until(() => written.length === 1, 'the write')
    await turns(5)
    expect(processFramePool.owns(payload)).toBe(true)
  })

  test('does not return foreign memory', async () => {
    const { ours, application } = await socketPair()
    const idleBytes = processFramePool.idleBytes
    handlerFor(ours).onData?.(new Uint8Array(60_000))
    await onceEvent(application, 'data')
    await turns(5)
    expect(processFramePool.idleBytes).toBe(idleBytes)
  })
})

describe('pump reads a socket into memory that is used again', () => {
  test.each<[string, PumpOptions]>([
    ['payload goes on as it comes', {}],
    ['payload waits for more', { batching: 'adaptive' }],
    ['payload does not compress', { compressionThresholdBytes: 1 }],
  ])('where %s, and all of it arrives', async (_title, options) => {
    const { near, far } = await net(options)
    send(near, 1)
    expect(await digestOf(far)).toBe(seededDigest(1, sizeBytes))
  })

  test('and leaves all of it to other listeners', async () => {
    const { near, far, sockets } = await net({})
    let heard = 0
    sockets[0].on('data', (chunk: Buffer) => (heard += chunk.length))
    send(near, 1)
    await digestOf(far)
    expect(heard).toBe(sizeBytes)
  })
})
