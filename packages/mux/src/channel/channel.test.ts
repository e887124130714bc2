import { encode, encodeTcpData, fflateCompressor, MessageType } from '@ls/codec'
import { seededBytes } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { base, halfClosing, Recorder, resumable, SessionPair, windowed } from '../../testing/session-pair.js'
import { processFramePool } from '../memory/frame-pool.js'
import { SharedBudget } from '../memory/shared-budget.js'
import { finMessage } from './channel-messages.js'

const target = { host: 'target.test', port: 80 }
const links = [
  ['base', base],
  ['window', windowed],
  ['window and fin', halfClosing],
  ['window, fin and resume', resumable],
] as const

test('Channel counts gzip data that its consumer inflates by what it holds, not by what it inflates to', () => {
  const pair = new SessionPair({ extensions: base })
  const { near, far } = pair.open()
  const gzip = fflateCompressor.gzip(new Uint8Array(1_000_000))
  far.setHandler({ onCompressedData: () => far.pause(), onClose: () => {} })
  near.send(gzip, { inflatedBytes: 1_000_000 })
  pair.settle()
  const { budget } = pair.right.options
  const held = budget.usedBytes
  far.consumed(999_999)
  const nearlyDone = budget.usedBytes
  far.consumed(1)
  expect({
    heldMinusGzip: held - gzip.length,
    nearlyDoneMinusGzip: nearlyDone - gzip.length,
    usedBytes: budget.usedBytes,
  }).toEqual({ heldMinusGzip: 106_496, nearlyDoneMinusGzip: 106_496, usedBytes: 0 })
})

test('Channel waits for the answer for as long as the link is down', () => {
  const pair = new SessionPair({ extensions: resumable })
  const recorder = new Recorder()
  pair.cut()
  pair.left.open({ protocol: 'tcp', address: target, answerTimeoutMs: 5000 }, recorder)
  pair.settle(20_000)
  pair.reconnect()
  pair.settle()
  expect({ opens: recorder.opens, closes: recorder.closes }).toEqual({ opens: 1, closes: [] })
})

test('Channel calls the onDrain that a full send waits for when its peer disconnects before the reader has all', () => {
  const pair = new SessionPair({ extensions: halfClosing })
  const { near, far, nearRecorder } = pair.open()
  near.pause()
  far.pause()
  far.send(Buffer.from('not read yet'))
  const room = near.send(new Uint8Array(1_000_000))
  far.disconnect()
  pair.settle()
  expect({ room, drains: nearRecorder.drains, state: near.state, send: near.send(new Uint8Array(1)) }).toEqual({
    room: false,
    drains: 1,
    state: 'draining',
    send: undefined,
  })
})

describe.each(links)('Channel over a link with %s', (_name, extensions) => {
  test('carries bytes both ways', () => {
    const pair = new SessionPair({ extensions })
    const { near, far, nearRecorder, farRecorder } = pair.open()
    near.send(Buffer.from('ping'))
    pair.settle()
    far.send(Buffer.from('pong'))
    pair.settle()
    expect({ farRecorder: farRecorder.text, nearRecorder: nearRecorder.text }).toEqual({
      farRecorder: 'ping',
      nearRecorder: 'pong',
    })
  })

  test('calls onOpen once on the side that asked', () => {
    const { nearRecorder, farRecorder } = new SessionPair({ extensions }).open()
    expect({ nearRecorder: nearRecorder.opens, farRecorder: farRecorder.opens }).toEqual({
      nearRecorder: 1,
      farRecorder: 0,
    })
  })

  test('delivers everything that was sent before disconnect', () => {
    const pair = new SessionPair({ extensions, transport: { latencyMs: 20 } })
    const { near, farRecorder } = pair.open()
    const bytes = seededBytes(3).take(3_000_000)
    near.send(bytes)
    near.disconnect()
    pair.settle(20_000)
    expect({ complete: farRecorder.bytes.equals(bytes), closes: farRecorder.closes }).toEqual({
      complete: true,
      closes: [{ kind: 'ended', error: '' }],
    })
  })

  test('delivers borrowed bytes unchanged, even if their owner overwrites the memory', () => {
    const pair = new SessionPair({ extensions, transport: { latencyMs: 20 } })
    const { near, farRecorder } = pair.open()
    const bytes = seededBytes(4).take(1_000_000)
    const shared = Buffer.alloc(100_000)
    for (let offset = 0; offset < bytes.length; offset += shared.length) {
      bytes.copy(shared, 0, offset)
      near.send(shared, { memory: 'borrowed' })
      shared.fill(0)
    }
    near.disconnect()
    pair.settle(20_000)
    expect(farRecorder.bytes.equals(bytes)).toBe(true)
  })

  test('delivers what was sent in memory of the pool', () => {
    const pair = new SessionPair({ extensions, transport: { latencyMs: 20 } })
    const { near, farRecorder } = pair.open()
    const bytes = seededBytes(5).take(1_000_000)
    for (let offset = 0; offset < bytes.length; offset += 50_000) {
      const memory = processFramePool.takePayload()
      memory.set(bytes.subarray(offset, offset + 50_000))
      near.send(memory.subarray(0, 50_000), { memory: 'pooled' })
    }
    near.disconnect()
    pair.settle(20_000)
    expect(farRecorder.bytes.equals(bytes)).toBe(true)
  })

  test('delivers what was sent in memory of the pool in pieces, where the peer grants less', () => {
    const pair = new SessionPair({ extensions, windowBytes: 8192, peerWindowBytes: 8192 })
    const { near, farRecorder } = pair.open()
    const payload = processFramePool.takePayload()
    const bytes = seededBytes(6).take(payload.length)
    payload.set(bytes)
    near.send(payload, { memory: 'pooled' })
    near.disconnect()
    pair.settle(20_000)
    expect(farRecorder.bytes.equals(bytes)).toBe(true)
  })

  test('passes the error of disconnect on', () => {
    const pair = new SessionPair({ extensions })
    const { near, nearRecorder, farRecorder } = pair.open()
    near.disconnect('failed: reset')
    pair.settle()
    expect({ nearRecorder: nearRecorder.closes, farRecorder: farRecorder.closes }).toEqual({
      nearRecorder: [{ kind: 'local', error: 'failed: reset' }],
      farRecorder: [{ kind: 'aborted', error: 'failed: reset' }],
    })
  })

  test('passes a refusal on, and both tables are empty', () => {
    const pair = new SessionPair({ extensions, onConnect: (channel) => channel.reject('refused: nobody listens') })
    const recorder = new Recorder()
    pair.left.open({ protocol: 'tcp', address: target }, recorder)
    pair.settle()
    expect({ closes: recorder.closes, left: pair.left.channelCount, right: pair.right.channelCount }).toEqual({
      closes: [{ kind: 'refused', error: 'refused: nobody listens' }],
      left: 0,
      right: 0,
    })
  })

  test('is refused with timeout when the peer does not answer', () => {
    const pair = new SessionPair({ extensions, onConnect: () => {} })
    const recorder = new Recorder()
    pair.left.open({ protocol: 'tcp', address: target, answerTimeoutMs: 5000 }, recorder)
    pair.settle(5000)
    expect(recorder.closes).toEqual([{ kind: 'refused', error: 'timeout: the peer did not answer within 5000 ms' }])
  })

  test('waits for the answer as long as the link is up, however long it was down', () => {
    const pair = new SessionPair({ extensions: ['window', 'fin', 'resume'], onConnect: () => {} })
    const recorder = new Recorder()
    pair.left.open({ protocol: 'tcp', address: target, answerTimeoutMs: 5000 }, recorder)
    pair.settle(2000)
    pair.cut()
    pair.settle(10_000)
    pair.reconnect()
    pair.settle(2900)
    expect(recorder.closes).toEqual([])
  })

  test('waits for the answer over two links that vanish, each noticed 8 s later', () => {
    const pair = new SessionPair({ extensions: ['window', 'fin', 'resume'], onConnect: () => {} })
    const recorder = new Recorder()
    pair.left.open({ protocol: 'tcp', address: target, answerTimeoutMs: 15_000 }, recorder)
    for (let link = 1; link <= 2; link++) {
      Object.assign(pair.leftTransport, { keepalive: { hasten: () => {}, silentMs: 8000 } })
      pair.settle(8000)
      pair.cut()
      pair.reconnect()
    }
    pair.settle(14_000)
    expect(recorder.closes).toEqual([])
  })

  test('holds Data back until the answer where early data is not wanted', () => {
    const pair = new SessionPair({ extensions, onConnect: () => {} })
    const channel = pair.left.open({ protocol: 'tcp', address: target, earlyData: false }, new Recorder())
    channel.send(Buffer.from('early'))
    pair.settle()
    expect([...pair.right.channels()][0]?.queuedBytes).toBe(0)
  })

  test('sends held bytes, and then the end, once the answer has arrived', () => {
    const pair = new SessionPair({ extensions })
    const channel = pair.left.open({ protocol: 'tcp', address: target, earlyData: false }, new Recorder())
    channel.send(Buffer.from('early'))
    channel.disconnect()
    pair.settle()
    expect({ text: pair.recorders[0]?.text, closes: pair.recorders[0]?.closes.length }).toEqual({
      text: 'early',
      closes: 1,
    })
  })

  test('delivers early data that came before the target was reached', () => {
    const pair = new SessionPair({ extensions, onConnect: () => {} })
    pair.left.open({ protocol: 'tcp', address: target }, new Recorder()).send(Buffer.from('early'))
    pair.settle()
    const [far] = pair.right.channels()
    if (far === undefined) throw new Error('no channel came')
    const recorder = pair.accept(far)
    expect(recorder.text).toBe('early')
  })

  test('tells a caller that is still dialling that the peer has left, even when paused', () => {
    const recorder = new Recorder()
    const pair = new SessionPair({ extensions, onConnect: (channel) => recorder.watch(channel) })
    pair.left.open({ protocol: 'tcp', address: target }, new Recorder()).disconnect()
    pair.settle()
    expect(recorder.closes).toEqual([{ kind: 'ended', error: '' }])
  })

  test('is closed and forgotten, with its received bytes, when it is rejected after its peer has left', () => {
    const recorder = new Recorder()
    const pair = new SessionPair({ extensions, onConnect: (channel) => recorder.watch(channel) })
    const near = pair.left.open({ protocol: 'tcp', address: target }, new Recorder())
    near.send(Buffer.from('early'))
    near.disconnect()
    pair.settle()
    recorder.channel?.reject('refused: nobody listens')
    expect({
      closes: recorder.closes.length,
      channelCount: pair.right.channelCount,
      usedBytes: pair.right.options.budget.usedBytes,
    }).toEqual({ closes: 1, channelCount: 0, usedBytes: 0 })
  })

  test('delivers nothing while paused, and everything in order after resume', () => {
    const pair = new SessionPair({ extensions })
    const { near, far, farRecorder } = pair.open()
    far.pause()
    for (const text of ['a', 'b', 'c']) near.send(Buffer.from(text))
    pair.settle()
    const paused = farRecorder.text
    far.resume()
    expect({ paused, text: farRecorder.text }).toEqual({ paused: '', text: 'abc' })
  })

  test('closes once where both ends disconnect at the same time', () => {
    const pair = new SessionPair({ extensions })
    const { near, far, nearRecorder, farRecorder } = pair.open()
    near.disconnect('failed: mine')
    far.disconnect('failed: yours')
    pair.settle()
    expect({ nearRecorder: nearRecorder.closes, farRecorder: farRecorder.closes }).toEqual({
      nearRecorder: [{ kind: 'local', error: 'failed: mine' }],
      farRecorder: [{ kind: 'local', error: 'failed: yours' }],
    })
  })

  test('takes nothing once its peer has disconnected, though its consumer is still paused', () => {
    const pair = new SessionPair({ extensions })
    const { near, far } = pair.open()
    far.pause()
    near.send(Buffer.from('last words'))
    near.disconnect()
    pair.settle()
    expect({ state: far.state, send: far.send(Buffer.from('x')), sentBytes: far.sentBytes }).toEqual({
      state: 'draining',
      send: undefined,
      sentBytes: 0,
    })
  })

  test('is aborted by a handler that throws, with the others unharmed', () => {
    const pair = new SessionPair({ extensions })
    const broken = pair.open()
    const sound = pair.open()
    broken.farRecorder.onData = () => {
      throw new Error('on purpose')
    }
    broken.near.send(Buffer.from('x'))
    sound.near.send(Buffer.from('x'))
    pair.settle()
    expect({ closes: broken.nearRecorder.closes, text: sound.farRecorder.text }).toEqual({
      closes: [{ kind: 'aborted', error: 'failed: on purpose' }],
      text: 'x',
    })
  })

  test('is aborted by onDrain that throws, and the session sends on', () => {
    const pair = new SessionPair({ extensions, sendQueueBytes: 10, transport: { highWaterBytes: 1 } })
    const broken = pair.open()
    const sound = pair.open()
    broken.nearRecorder.onDrain = () => {
      throw new Error('on purpose')
    }
    broken.near.send(new Uint8Array(100_000))
    broken.near.send(new Uint8Array(100))
    pair.settle()
    sound.near.send(Buffer.from('x'))
    pair.settle()
    expect({ closes: broken.nearRecorder.closes.length, text: sound.farRecorder.text }).toEqual({
      closes: 1,
      text: 'x',
    })
  })

  test('survives onClose that throws', () => {
    const pair = new SessionPair({ extensions })
    const { near, nearRecorder } = pair.open()
    nearRecorder.onClose = () => {
      throw new Error('on purpose')
    }
    near.abort('')
    expect({ state: near.state, channelCount: pair.left.channelCount }).toEqual({ state: 'closed', channelCount: 0 })
  })

  test('send never calls onDrain of its own bytes before it returns', () => {
    const pair = new SessionPair({ extensions, sendQueueBytes: 10 })
    const { near, nearRecorder } = pair.open()
    const room = near.send(new Uint8Array(1000))
    expect({ room, drains: nearRecorder.drains }).toEqual({ room: true, drains: 0 })
  })

  test('inflates compressed data for a handler that does not', () => {
    const pair = new SessionPair({ extensions, compressor: fflateCompressor })
    const { near, farRecorder } = pair.open()
    const text = 'abc'.repeat(1000)
    near.send(fflateCompressor.gzip(Buffer.from(text)), { inflatedBytes: text.length })
    pair.settle()
    expect(farRecorder.text).toBe(text)
  })

  test('refuses compressed data that no credit will ever cover', () => {
    const { near } = new SessionPair({ extensions }).open()
    const bytes = near.maxCompressedBytes + 1
    expect(() => near.send(new Uint8Array(30), { inflatedBytes: bytes })).toThrow(RangeError)
  })

  test('counts payload both ways', () => {
    const pair = new SessionPair({ extensions })
    const { near, far } = pair.open()
    near.send(new Uint8Array(300))
    pair.settle()
    expect({ near: near.sentBytes, receivedBytes: far.receivedBytes, far: far.sentBytes }).toEqual({
      near: 300,
      receivedBytes: 300,
      far: 0,
    })
  })
})

describe('Channel for datagrams', () => {
  function openUdp(extensions = base) {
    const pair = new SessionPair({ extensions, datagramQueue: 3 })
    const nearRecorder = new Recorder()
    const near = pair.left.open({ protocol: 'udp' }, nearRecorder)
    nearRecorder.watch(near)
    pair.settle()
    const far = pair.accepted[0]
    const farRecorder = pair.recorders[0]
    if (far === undefined || farRecorder === undefined) throw new Error('no channel came')
    return { pair, near, far, farRecorder }
  }

  test('carries them whole, with their target', () => {
    const { pair, near, farRecorder } = openUdp()
    near.sendDatagram(Buffer.from('query'), { target: { host: '9.9.9.9', port: 53 } })
    pair.settle()
    expect(farRecorder.datagrams.map((datagram) => Buffer.from(datagram).toString())).toEqual(['query'])
  })

  test('drops and counts datagrams that do not fit while the consumer is paused, and continues to read', () => {
    const { pair, near, far } = openUdp()
    far.pause()
    for (let count = 0; count < 5; count++) near.sendDatagram(Buffer.from('x'), { target })
    pair.settle()
    far.resume()
    expect({ droppedDatagrams: far.droppedDatagrams, datagrams: pair.recorders[0]?.datagrams.length }).toEqual({
      droppedDatagrams: 2,
      datagrams: 3,
    })
  })

  test('drops and counts those that wait for a transport past the limit', () => {
    const { pair, near } = openUdp(resumable)
    pair.cut()
    const sent = Array.from({ length: 5 }, () => near.sendDatagram(Buffer.from('x'), { target }))
    expect({ sent, droppedDatagrams: near.droppedDatagrams }).toEqual({
      sent: [true, true, true, false, false],
      droppedDatagrams: 2,
    })
  })

  test('charges the budget for those that wait for a transport, and drops more once it is exceeded', () => {
    const pair = new SessionPair({ extensions: resumable, budgetBytes: 10_000 })
    const near = pair.left.open({ protocol: 'udp' }, new Recorder())
    pair.settle()
    pair.cut()
    const sent = Array.from({ length: 6 }, () => near.sendDatagram(new Uint8Array(4000), { target }))
    const { usedBytes } = pair.left.options.budget
    expect({ sent, charged: usedBytes > 10_000 && usedBytes < 20_000 }).toEqual({
      sent: [true, true, true, false, false, false],
      charged: true,
    })
  })

  test('drops and counts one larger than any network has', () => {
    const { pair, near, far } = openUdp()
    near.sendDatagram(new Uint8Array(70_000), { target })
    pair.settle()
    expect({ droppedDatagrams: far.droppedDatagrams, state: far.state }).toEqual({ droppedDatagrams: 1, state: 'open' })
  })
})

describe('Channel and a peer that breaks the rules', () => {
  const cases: readonly (readonly [string, (id: Uint8Array) => Uint8Array[]])[] = [
    ['Data after Fin', (id) => [finMessage(id), encodeTcpData(id, Buffer.from('x'))]],
    [
      'a second Connect',
      (id) => [encode({ type: MessageType.Connect, protocol: 'tcp', channelId: id, address: target })],
    ],
    [
      'Data of another protocol',
      (channelId) => [
        encode({
          type: MessageType.Data,
          protocol: 'udp',
          channelId,
          compression: 'none',
          payload: Buffer.from('x'),
          target,
        }),
      ],
    ],
    ['Data cut short', (id) => [encodeTcpData(id, new Uint8Array(100)).subarray(0, 50)]],
    ['gzip that is none', (id) => [encodeTcpData(id, new Uint8Array(100).fill(1, 0, 97), 'gzip')]],
    ['Window of 0', (id) => [Uint8Array.of(1, MessageType.Window, ...id, 0, 0, 0, 0)]],
  ]

  test.each(cases)('%s ends that channel only', (_name, messages) => {
    const pair = new SessionPair({ extensions: halfClosing, compressor: fflateCompressor })
    const { far, farRecorder } = pair.open()
    const other = pair.open()
    for (const message of messages(far.id)) pair.leftTransport.send(message)
    pair.settle()
    other.near.send(Buffer.from('x'))
    pair.settle()
    expect({
      closes: farRecorder.closes.length,
      state: far.state,
      text: other.farRecorder.text,
      channelCount: pair.right.channelCount,
    }).toEqual({ closes: 1, state: 'closed', text: 'x', channelCount: 1 })
  })

  test('bytes behind the payload are not kept', () => {
    const pair = new SessionPair({ extensions: windowed })
    const { far } = pair.open()
    far.pause()
    pair.leftTransport.send(Buffer.concat([encodeTcpData(far.id, Buffer.from('x')), new Uint8Array(100_000)]))
    pair.settle()
    expect(far.queuedBytes).toBe(25)
  })

  test('a second answer changes nothing', () => {
    const pair = new SessionPair()
    const { near, nearRecorder } = pair.open()
    pair.rightTransport.send(
      encode({ type: MessageType.ConnectResponse, success: false, channelId: near.id, error: 'x' }),
    )
    pair.settle()
    expect({ opens: nearRecorder.opens, closes: nearRecorder.closes }).toEqual({ opens: 1, closes: [] })
  })
})

test('Channel.countLingering counts with the parent of the budget, beyond the end of the session', () => {
  const parentBudget = new SharedBudget({ limitBytes: 1_000_000 })
  const pair = new SessionPair({ parentBudget })
  const channel = pair.left.open({ protocol: 'tcp', address: target }, new Recorder())
  const release = channel.countLingering(5000)
  pair.left.close('the test is over')
  const lingering = parentBudget.usedBytes
  release()
  release()
  expect({ lingering, usedBytes: parentBudget.usedBytes }).toEqual({ lingering: 5000, usedBytes: 0 })
})

test('payload that waits for the transport is charged before its queue is full', () => {
  const pair = new SessionPair({ extensions: resumable })
  const channel = pair.left.open({ protocol: 'tcp', address: target }, new Recorder())
  pair.settle()
  pair.cut()
  channel.send(new Uint8Array(20_000))
  expect(pair.left.options.budget.usedBytes).toBeGreaterThan(16_000)
})

test('payload that waits for the transport is charged from its first byte on', () => {
  const pair = new SessionPair({ extensions: resumable })
  const channels = Array.from({ length: 100 }, () =>
    pair.left.open({ protocol: 'tcp', address: target }, new Recorder()),
  )
  pair.settle()
  pair.cut()
  const before = pair.left.options.budget.usedBytes
  for (const channel of channels) channel.send(new Uint8Array(1000))
  expect(pair.left.options.budget.usedBytes - before).toBeGreaterThanOrEqual(100_000)
})
