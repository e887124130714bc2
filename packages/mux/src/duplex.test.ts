import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { seededBytes, turns, until } from '@ls/testkit'
import { describe, expect, test, vi } from 'vitest'
import { base, halfClosing, SessionPair, windowed } from '../testing/session-pair.js'
import type { ChannelHandler } from './channel/channel-handler.js'
import type { Channel } from './channel/channel.js'
import { toDuplex } from './duplex.js'

const target = { host: 'target.test', port: 80 }

/** Both ends of a channel as streams, and a function that lets all data arrive. */
function streams(extensions = halfClosing) {
  let accepted: Channel | undefined
  const pair = new SessionPair({
    extensions,
    onConnect: (channel) => {
      accepted = channel
      channel.accept()
    },
  })
  const nearChannel = pair.left.open({ protocol: 'tcp', address: target })
  pair.settle()
  if (accepted === undefined) throw new Error('no channel came')
  const settle = async (): Promise<void> => {
    for (let count = 0; count < 20; count++) {
      pair.settle(50)
      await turns(1)
    }
  }
  const [near, far] = [toDuplex(nearChannel), toDuplex(accepted)]
  for (const stream of [near, far]) stream.on('error', () => {})
  return { pair, settle, nearChannel, farChannel: accepted, near, far }
}

describe('toDuplex', () => {
  test('carries a stream with its end, and the answer after it', async () => {
    const { near, far, settle } = streams()
    const bytes = seededBytes(9).take(2_000_000)
    near.end(bytes)
    const got: Buffer[] = []
    far.on('data', (chunk: Buffer) => got.push(chunk))
    far.on('end', () => far.end('the answer'))
    const answer = text(near)
    await settle()
    await settle()
    expect({ complete: Buffer.concat(got).equals(bytes), answer: await answer }).toEqual({
      complete: true,
      answer: 'the answer',
    })
  })

  test('gives the channel the handler that `wrap` makes', () => {
    const { pair } = streams()
    const channel = pair.left.open({ protocol: 'tcp', address: target })
    const wrap = vi.fn((handler: ChannelHandler) => handler)
    const stream = toDuplex(channel, wrap)
    expect(wrap.mock.calls).toEqual([[stream]])
  })

  test('closes both channels after both ends', async () => {
    const { near, far, settle, pair } = streams()
    near.end()
    far.end()
    near.resume()
    far.resume()
    await settle()
    expect({
      near: near.closed,
      far: far.closed,
      left: pair.left.channelCount,
      right: pair.right.channelCount,
    }).toEqual({ near: true, far: true, left: 0, right: 0 })
  })

  test('holds the writer back while the reader takes nothing', async () => {
    const { near, settle, farChannel } = streams(windowed)
    near.write(new Uint8Array(1_000_000))
    let drained = false
    near.on('drain', () => (drained = true))
    await settle()
    expect({ drained, limited: farChannel.receivedBytes < 300_000 }).toEqual({ drained: false, limited: true })
  })

  test('keeps little more than its high-water mark while it is not read', async () => {
    const { near, far, settle } = streams()
    near.write(new Uint8Array(1_000_000))
    far.once('readable', () => void far.read(1))
    await settle()
    expect(far.readableLength).toBeLessThan(65_536 + far.readableHighWaterMark)
  })

  test('destroy with an error aborts the channel and gives the peer the reason', async () => {
    const { near, far, settle } = streams()
    const failed = once(far, 'error')
    near.destroy(new Error('on purpose'))
    await settle()
    expect((await failed)[0]).toMatchObject({ code: 'ERR_MUX_CHANNEL_ABORTED', message: 'failed: on purpose' })
  })

  test('destroy without an error ends the channel after the written bytes', async () => {
    const { near, far, settle, pair } = streams()
    near.write('all of it')
    near.destroy()
    const received = text(far)
    await settle()
    expect({ received: await received, left: pair.left.channelCount, right: pair.right.channelCount }).toEqual({
      received: 'all of it',
      left: 0,
      right: 0,
    })
  })

  test.each([
    ['base', base],
    ['window and fin', halfClosing],
  ] as const)('what the peer sent before it ended is read in full, over a link with %s', async (_name, extensions) => {
    const { near, far, settle } = streams(extensions)
    near.end('last words')
    await settle()
    expect(await text(far)).toBe('last words')
  })

  test('a write after the peer has left fails once its bytes were read', async () => {
    const { nearChannel, far, settle } = streams(base)
    nearChannel.send(Buffer.from('bye'))
    nearChannel.disconnect()
    await settle()
    let error: Error | null | undefined
    far.write('too late', (failure) => (error = failure))
    await turns(1)
    const before = error
    const chunks: Buffer[] = []
    far.on('data', (chunk: Buffer) => chunks.push(chunk))
    await until(() => error !== undefined, 'the write to fail')
    expect({ before, chunks: Buffer.concat(chunks).toString(), error }).toMatchObject({
      before: undefined,
      chunks: 'bye',
      error: { code: 'ERR_MUX_CHANNEL_CLOSED' },
    })
  })

  test.each([
    ['read in one', async (far: Duplex) => (far.read() as Buffer).length],
    ['flowing', (far: Duplex) => flowingLength(far)],
    ['iterated', (far: Duplex) => iteratedLength(far)],
  ])('what came before the peer aborted is read before the error: %s', async (_name, lengthOf) => {
    const { near, nearChannel, far, settle } = streams()
    near.write(new Uint8Array(40_000))
    far.once('readable', () => {})
    await settle()
    nearChannel.abort('failed: on purpose')
    await settle()
    const early = far.errored
    const failed = once(far, 'error')
    expect({ early, length: await lengthOf(far), failure: (await failed)[0] as unknown }).toMatchObject({
      early: null,
      length: 40_000,
      failure: { code: 'ERR_MUX_CHANNEL_ABORTED', message: 'failed: on purpose' },
    })
  })

  test('a write after the peer has aborted fails once its bytes were read', async () => {
    const { near, nearChannel, far, settle } = streams()
    near.write('bye')
    far.once('readable', () => {})
    await settle()
    nearChannel.abort('failed: on purpose')
    await settle()
    const failed = new Promise((resolve) => far.write('too late', resolve))
    const read = String(far.read())
    expect({ read, failed: await failed }).toMatchObject({ read: 'bye', failed: { code: 'ERR_MUX_CHANNEL_ABORTED' } })
  })

  test('destroy fails a write that waits for room', async () => {
    const { near, settle } = streams(windowed)
    const failed = new Promise((resolve) => near.write(new Uint8Array(1_000_000), resolve))
    await settle()
    near.destroy()
    expect(await failed).toMatchObject({ message: 'the stream was destroyed' })
  })

  test('the end of the session destroys it with an error', async () => {
    const { near, pair } = streams()
    const failed = once(near, 'error')
    pair.left.close('done')
    expect((await failed)[0]).toMatchObject({ code: 'ERR_MUX_SESSION_CLOSED', message: 'done' })
  })

  test('of a channel that is closed already is destroyed with an error', async () => {
    const { nearChannel } = streams()
    nearChannel.abort('')
    const failed = once(toDuplex(nearChannel), 'error')
    expect((await failed)[0]).toMatchObject({ code: 'ERR_MUX_CHANNEL_CLOSED' })
  })

  test('refuses a channel for datagrams', () => {
    const { pair } = streams()
    expect(() => toDuplex(pair.left.open({ protocol: 'udp' }))).toThrow(TypeError)
  })
})

async function flowingLength(stream: Duplex): Promise<number> {
  let bytes = 0
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length))
  await new Promise((resolve) => stream.once('close', resolve))
  return bytes
}

async function iteratedLength(stream: Duplex): Promise<number> {
  let bytes = 0
  try {
    for await (const chunk of stream) bytes += (chunk as Buffer).length
  } catch {
    return bytes
  }
  throw new Error('the stream ended as if it were whole')
}
