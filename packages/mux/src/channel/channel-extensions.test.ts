import { seededBytes } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { halfClosing, resumable, SessionPair, windowed } from '../../testing/session-pair.js'
import { windowMessage } from './channel-messages.js'

describe('Channel over a base link', () => {
  test('end sends Disconnect after the last byte, since the peer knows no half-close', () => {
    const pair = new SessionPair()
    const { near, farRecorder } = pair.open()
    near.send(Buffer.from('all'))
    near.end()
    pair.settle()
    expect({ text: farRecorder.text, ends: farRecorder.ends, closes: farRecorder.closes }).toEqual({
      text: 'all',
      ends: 0,
      closes: [{ kind: 'ended', error: '' }],
    })
  })

  test('queues less for a busy link while memory is short', () => {
    const pair = new SessionPair({
      extensions: ['window', 'resume'],
      windowBytes: 1_000_000,
      peerWindowBytes: 1_000_000,
      budgetBytes: 10_000_000,
    })
    const { near } = pair.open()
    pair.cut()
    const plenty = near.send(new Uint8Array(50_000))
    pair.left.options.budget.charge(5_000_000)
    expect({ plenty, send: near.send(new Uint8Array(1)) }).toEqual({ plenty: true, send: false })
  })

  test('end still delivers what the peer sent before it heard of the end', () => {
    const pair = new SessionPair({ transport: { latencyMs: 10 } })
    const { near, far, nearRecorder } = pair.open()
    const bytes = seededBytes(7).take(50_000)
    far.send(bytes)
    near.end()
    pair.settle()
    expect({ complete: nearRecorder.bytes.equals(bytes), closes: nearRecorder.closes }).toEqual({
      complete: true,
      closes: [{ kind: 'ended', error: '' }],
    })
  })

  test('sends messages of up to nearly 1 MiB, as Go does, once the transport has taken shorter ones', () => {
    const pair = new SessionPair()
    const { near, farRecorder } = pair.open()
    near.send(new Uint8Array(2_500_000))
    pair.settle()
    const lengths = farRecorder.chunks.map(({ length }) => length)
    expect(lengths).toEqual([65_536, 131_072, 262_144, 524_288, 1_040_360, 476_600])
  })

  test('sends short messages again once the transport has been slow', () => {
    const pair = new SessionPair({ transport: { highWaterBytes: 1, latencyMs: 50 } })
    const { near, farRecorder } = pair.open()
    near.send(new Uint8Array(8_000_000))
    pair.settle()
    expect(farRecorder.chunks.at(-2)?.length).toBe(65_536)
  })

  test('asks for long reads, and for usual ones while memory is short', () => {
    const pair = new SessionPair({ budgetBytes: 1_000_000, transport: { highWaterBytes: 1, latencyMs: 1000 } })
    const { near } = pair.open()
    const before = near.readBytes
    near.send(new Uint8Array(4_000_000))
    expect({ before, readBytes: near.readBytes }).toEqual({ before: 131_072, readBytes: 65_536 })
  })

  test('does not treat the text EOF, with which deployed peers end, as an error', () => {
    const pair = new SessionPair()
    const { near, farRecorder } = pair.open()
    near.disconnect('EOF')
    pair.settle()
    expect(farRecorder.closes).toEqual([{ kind: 'ended', error: '' }])
  })

  test('disconnect after end still sends queued bytes', () => {
    const pair = new SessionPair({ transport: { latencyMs: 10 } })
    const { near, nearRecorder, farRecorder } = pair.open()
    const bytes = seededBytes(1).take(500_000)
    near.send(bytes)
    near.end()
    near.disconnect('done')
    pair.settle()
    expect({ complete: farRecorder.bytes.equals(bytes), closes: nearRecorder.closes }).toEqual({
      complete: true,
      closes: [{ kind: 'local', error: 'done' }],
    })
  })

  test('a stopped consumer stops the reading at its limit, and nothing is lost', () => {
    const pair = new SessionPair({ quantumBytes: 65_536, transport: { latencyMs: 1 } })
    const stopped = pair.open()
    const running = pair.open()
    stopped.far.pause()
    const bytes = seededBytes(2).take(4_000_000)
    stopped.near.send(bytes)
    running.near.send(Buffer.from('waits'))
    pair.settle(10_000)
    const held = stopped.far.queuedBytes
    stopped.far.resume()
    pair.settle(10_000)
    expect(held).toBeLessThan(1_048_576 + 65_536 + 24)
    expect({ complete: stopped.farRecorder.bytes.equals(bytes), text: running.farRecorder.text }).toEqual({
      complete: true,
      text: 'waits',
    })
  })

  test('a consumer stopped for longer than the deadline is cut with a reason, and the others lose nothing', () => {
    const pair = new SessionPair({ transport: { latencyMs: 1 } })
    const stopped = pair.open()
    const running = pair.open()
    stopped.far.pause()
    stopped.near.send(new Uint8Array(2_000_000))
    pair.settle(1000)
    running.near.send(Buffer.from('waits'))
    pair.settle(31_000)
    const reason = 'timeout: its unread data blocked all channels for 30000 ms'
    expect({
      stopped: stopped.nearRecorder.closes,
      text: running.farRecorder.text,
      running: running.nearRecorder.closes,
    }).toEqual({ stopped: [{ kind: 'aborted', error: reason }], text: 'waits', running: [] })
  })

  test('many small messages stop the reading too', () => {
    const pair = new SessionPair({ queueMessages: 10, quantumBytes: 1, transport: { highWaterBytes: 1 } })
    const { near, far } = pair.open()
    far.pause()
    near.send(new Uint8Array(100))
    pair.settle()
    expect(far.queuedBytes).toBe(11 * 25)
  })
})

describe('Channel with fin', () => {
  test('keeps its messages short beside others of its link', () => {
    const pair = new SessionPair({ extensions: halfClosing })
    const { near, farRecorder } = pair.open()
    near.send(new Uint8Array(200_000))
    pair.settle()
    expect({ readBytes: near.readBytes, max: Math.max(...farRecorder.chunks.map(({ length }) => length)) }).toEqual({
      readBytes: 65_536,
      max: 65_536,
    })
  })

  test('end leaves the other direction open', () => {
    const pair = new SessionPair({ extensions: halfClosing })
    const { near, far, nearRecorder, farRecorder } = pair.open()
    near.end()
    pair.settle()
    far.send(Buffer.from('the answer'))
    pair.settle()
    expect({ ends: farRecorder.ends, closes: farRecorder.closes.length, text: nearRecorder.text }).toEqual({
      ends: 1,
      closes: 0,
      text: 'the answer',
    })
  })

  test('is gone on both sides once both directions have ended', () => {
    const pair = new SessionPair({ extensions: halfClosing })
    const { near, far, nearRecorder, farRecorder } = pair.open()
    near.end()
    pair.settle()
    far.end()
    pair.settle()
    const plain = [{ kind: 'ended', error: '' }]
    expect({
      nearRecorder: nearRecorder.closes,
      farRecorder: farRecorder.closes,
      channelCount: pair.left.channelCount,
    }).toEqual({ nearRecorder: plain, farRecorder: plain, channelCount: 0 })
  })

  test('onEnd waits while paused', () => {
    const pair = new SessionPair({ extensions: halfClosing })
    const { near, far, farRecorder } = pair.open()
    far.pause()
    near.end()
    pair.settle()
    const paused = farRecorder.ends
    far.resume()
    expect({ paused, ends: farRecorder.ends }).toEqual({ paused: 0, ends: 1 })
  })

  test('an abort after Fin is told with its reason', () => {
    const pair = new SessionPair({ extensions: halfClosing })
    const { near, far, farRecorder } = pair.open()
    far.pause()
    near.send(Buffer.from('x'))
    near.end()
    pair.settle()
    near.abort('failed: reset')
    pair.settle()
    far.resume()
    expect({ text: farRecorder.text, ends: farRecorder.ends, closes: farRecorder.closes }).toEqual({
      text: 'x',
      ends: 1,
      closes: [{ kind: 'aborted', error: 'failed: reset' }],
    })
  })
})

describe('Channel with window', () => {
  test('a stopped consumer holds its window and no more, and the others run on', () => {
    const pair = new SessionPair({ extensions: windowed })
    const stopped = pair.open()
    const running = pair.open()
    stopped.far.pause()
    stopped.near.send(new Uint8Array(2_000_000))
    running.near.send(seededBytes(1).take(2_000_000))
    pair.settle(60_000)
    expect({
      far: stopped.far.receivedBytes,
      farRecorder: running.farRecorder.receivedBytes,
      closes: stopped.nearRecorder.closes,
    }).toEqual({ far: 262_144, farRecorder: 2_000_000, closes: [] })
  })

  test('a consumer that takes data and does not report it holds the sender back', () => {
    const pair = new SessionPair({ extensions: windowed })
    const { near, farRecorder } = pair.open()
    farRecorder.consumes = false
    near.send(new Uint8Array(1_000_000))
    pair.settle()
    expect(farRecorder.receivedBytes).toBe(262_144)
  })

  test('the window grows while the consumer is fast and the path long', () => {
    const pair = new SessionPair({
      extensions: windowed,
      transport: { latencyMs: 100, wireBytes: 64 << 20, highWaterBytes: 1 << 20 },
    })
    const { near, farRecorder } = pair.open()
    near.send(new Uint8Array(20_000_000))
    pair.settle(3000)
    // With 256 KiB in each round trip, only 3.9 MB would have arrived by now.
    expect(farRecorder.receivedBytes).toBe(20_000_000)
  })

  test('a peer that overspends loses that channel only', () => {
    const pair = new SessionPair({ extensions: windowed, right: { windowBytes: 1000 } })
    const cheat = pair.open()
    const honest = pair.open()
    cheat.far.pause()
    cheat.near.send(new Uint8Array(1001))
    honest.near.send(new Uint8Array(900))
    pair.settle()
    const error = 'failed: window of 1000 bytes overspent: 1001 bytes came, 1000 were left'
    expect({ closes: cheat.nearRecorder.closes, receivedBytes: honest.farRecorder.receivedBytes }).toEqual({
      closes: [{ kind: 'aborted', error }],
      receivedBytes: 900,
    })
  })

  test('consumed refuses more than was received', () => {
    const pair = new SessionPair({ extensions: windowed })
    const { near, far, farRecorder } = pair.open()
    farRecorder.consumes = false
    near.send(new Uint8Array(100))
    pair.settle()
    expect(() => far.consumed(101)).toThrow('101 bytes cannot have been consumed: 100 are outstanding')
  })

  test('credit that no window can have ends that channel only', () => {
    const pair = new SessionPair({ extensions: windowed })
    const { near, far } = pair.open()
    pair.rightTransport.send(windowMessage(far.id, 0xffff_ffff))
    pair.settle()
    expect({ near: near.state, left: pair.left.state }).toEqual({ near: 'closed', left: 'linked' })
  })

  test('the memory budget stops the reading instead of growing without bound', () => {
    const pair = new SessionPair({ extensions: windowed, right: { budgetBytes: 400_000 }, transport: { latencyMs: 1 } })
    const channels = Array.from({ length: 8 }, () => pair.open())
    for (const { far } of channels) far.pause()
    for (const { near } of channels) near.send(new Uint8Array(262_144))
    pair.settle(20_000)
    expect(pair.right.options.budget.usedBytes).toBeLessThan(400_000 + 65_536 + 24 + 128)
  })

  test('what a paused consumer was given and has not dealt with counts as memory, until it has', () => {
    const pair = new SessionPair({ extensions: windowed })
    const { near, far } = pair.open()
    far.setHandler({ onData: () => {}, onClose: () => {} })
    near.send(new Uint8Array(100_000))
    pair.settle()
    far.pause()
    const held = pair.right.options.budget.usedBytes
    far.consumed(100_000)
    expect({ held, usedBytes: pair.right.options.budget.usedBytes }).toEqual({ held: 100_000, usedBytes: 0 })
  })

  test('disconnect behind bytes without credit gives up after lingerMs', () => {
    const pair = new SessionPair({ extensions: windowed, lingerMs: 5000 })
    const { near, far, nearRecorder } = pair.open()
    far.pause()
    near.send(new Uint8Array(300_000))
    near.disconnect()
    pair.settle(4000)
    const early = nearRecorder.closes.length
    pair.settle(7000)
    const bytes = 300_000 - 262_144 + 18
    const error = `timeout: the peer took none of the last ${bytes} bytes for 5000 ms`
    expect({ early, closes: nearRecorder.closes }).toEqual({ early: 0, closes: [{ kind: 'local', error }] })
  })

  test('disconnect keeps its own reason when the peer disconnects while it waits for credit', () => {
    const pair = new SessionPair({ extensions: windowed })
    const { near, far, nearRecorder } = pair.open()
    far.pause()
    near.send(new Uint8Array(300_000))
    near.disconnect('failed: mine')
    pair.settle(100)
    far.disconnect('failed: yours')
    pair.settle(100)
    expect(nearRecorder.closes).toEqual([{ kind: 'local', error: 'failed: mine' }])
  })

  test('disconnect does not count the time without a transport', () => {
    const pair = new SessionPair({ extensions: resumable, lingerMs: 5000, graceMs: 100_000 })
    const { near, nearRecorder, farRecorder } = pair.open()
    pair.cut()
    near.send(new Uint8Array(1000))
    near.disconnect()
    pair.settle(60_000)
    const early = nearRecorder.closes.length
    pair.reconnect()
    pair.settle()
    expect({ early, receivedBytes: farRecorder.receivedBytes, closes: farRecorder.closes }).toEqual({
      early: 0,
      receivedBytes: 1000,
      closes: [{ kind: 'ended', error: '' }],
    })
  })

  test('disconnect waits as long as the peer takes something', () => {
    const pair = new SessionPair({ extensions: windowed, lingerMs: 5000 })
    const { near, far, farRecorder } = pair.open()
    farRecorder.consumes = false
    near.send(new Uint8Array(600_000))
    near.disconnect()
    for (let count = 0; count < 4; count++) {
      pair.settle(4000)
      far.consumed(140_000)
    }
    pair.settle(1000)
    expect({ receivedBytes: farRecorder.receivedBytes, closes: farRecorder.closes }).toEqual({
      receivedBytes: 600_000,
      closes: [{ kind: 'ended', error: '' }],
    })
  })
})
