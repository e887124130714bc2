import {
  channelKey,
  decode,
  encode,
  encodeTcpData,
  type Extension,
  type Message,
  MessageType,
  newChannelId,
} from '@ls/codec'
import { FakeClock, memoryTransportPair, seededBytes } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { base, halfClosing, Recorder, resumable, SessionPair, windowed } from '../../testing/session-pair.js'
import { acceptMessage, disconnectMessage } from '../channel/channel-messages.js'
import { MuxError } from '../errors.js'
import type { SessionHandler } from './session-handler.js'
import { Session } from './session.js'

const target = { host: 'target.test', port: 80 }
const idle = { onConnect: () => {}, onClose: () => {} }

describe('Session.open', () => {
  test('throws on a closed session', () => {
    const pair = new SessionPair()
    pair.left.close('done')
    expect(() => pair.left.open({ protocol: 'tcp', address: target })).toThrow(
      expect.objectContaining({ code: 'ERR_MUX_SESSION_CLOSED' }),
    )
  })

  test('throws at the limit of channels, and names it', () => {
    const pair = new SessionPair({ maxChannels: 1 })
    pair.open()
    expect(() => pair.left.open({ protocol: 'tcp', address: target })).toThrow(
      new MuxError('ERR_MUX_TOO_MANY_CHANNELS', '1 channels are open, the limit of the session'),
    )
  })

  test('throws for an address that cannot be sent, and keeps nothing', () => {
    const pair = new SessionPair()
    expect(() => pair.left.open({ protocol: 'tcp', address: { host: '', port: 1 } })).toThrow(RangeError)
    expect(pair.left.channelCount).toBe(0)
  })

  test('without a handler gives a channel that is paused', () => {
    const pair = new SessionPair()
    const channel = pair.left.open({ protocol: 'tcp', address: target })
    pair.settle()
    pair.accepted[0]?.send(Buffer.from('early'))
    pair.settle()
    const recorder = new Recorder().watch(channel)
    const paused = recorder.text
    channel.resume()
    expect({ paused, text: recorder.text }).toEqual({ paused: '', text: 'early' })
  })

  test('before the first transport waits for it', () => {
    const clock = new FakeClock()
    const left = new Session({ clock }, idle)
    const recorder = new Recorder()
    left.open({ protocol: 'tcp', address: target }, recorder)
    const right = new Session({ clock }, { onConnect: (channel) => channel.accept(), onClose: () => {} })
    const [leftTransport, rightTransport] = memoryTransportPair({ clock })
    left.attach(leftTransport)
    right.attach(rightTransport)
    clock.advance(100)
    expect(recorder.opens).toBe(1)
  })
})

describe('Session and its peer', () => {
  test('refuses channels past its limit with a reason', () => {
    const pair = new SessionPair({ right: { maxChannels: 1 } })
    pair.open()
    const recorder = new Recorder()
    pair.left.open({ protocol: 'tcp', address: target }, recorder)
    pair.settle()
    expect(recorder.closes).toEqual([
      { kind: 'refused', error: 'forbidden: 1 channels are open, the limit of the session' },
    ])
  })

  test('refuses a Connect that it cannot read, and continues', () => {
    const pair = new SessionPair()
    const connect = Buffer.from(
      encode({ type: MessageType.Connect, protocol: 'tcp', channelId: newChannelId(), address: target }),
    )
    pair.leftTransport.send(connect.subarray(0, 22))
    pair.settle()
    expect({ state: pair.right.state, strayMessages: pair.left.counters.strayMessages }).toEqual({
      state: 'linked',
      strayMessages: 1,
    })
  })

  test('aborts a channel whose onConnect throws, and continues', () => {
    const pair = new SessionPair({
      onConnect: () => {
        throw new Error('on purpose')
      },
    })
    const recorder = new Recorder()
    pair.left.open({ protocol: 'tcp', address: target }, recorder)
    pair.settle()
    expect({ closes: recorder.closes, state: pair.right.state }).toEqual({
      closes: [{ kind: 'refused', error: 'failed: on purpose' }],
      state: 'linked',
    })
  })

  test('copies the id of a channel, so that it does not keep what the transport has read', () => {
    const pair = new SessionPair()
    pair.open()
    expect(pair.accepted[0]?.id.buffer.byteLength).toBe(16)
  })

  test('counts messages for channels it does not have', () => {
    const pair = new SessionPair()
    pair.leftTransport.send(encodeTcpData(newChannelId(), Buffer.from('x')))
    pair.leftTransport.send(disconnectMessage(newChannelId(), ''))
    pair.settle()
    expect(pair.right.counters.strayMessages).toBe(2)
  })

  test('counts messages of types it does not know, or that are not in force', () => {
    const pair = new SessionPair()
    const { far } = pair.open()
    pair.leftTransport.send(Uint8Array.of(1, 0x7f, 1, 2))
    pair.leftTransport.send(encode({ type: MessageType.Fin, channelId: far.id }))
    pair.leftTransport.send(encode({ type: MessageType.Window, channelId: far.id, creditBytes: 1 }))
    pair.leftTransport.send(encode({ type: MessageType.Ack, sequence: 9 }))
    pair.settle()
    expect({ unknownMessages: pair.right.counters.unknownMessages, state: far.state }).toEqual({
      unknownMessages: 4,
      state: 'open',
    })
  })

  test.each([
    ['an empty message', new Uint8Array()],
    ['another major version', Uint8Array.of(0x11, 4, 1)],
    ['Data too short for an id', Uint8Array.of(1, MessageType.Data, 1, 2, 3)],
  ])('is closed by %s, with a reason', (_name, message) => {
    const pair = new SessionPair()
    const { nearRecorder } = pair.open()
    pair.leftTransport.send(message)
    pair.settle()
    expect({
      rightCloses: pair.rightCloses.length,
      isProtocolError: pair.leftCloses[0]?.startsWith('protocol error: '),
      kind: nearRecorder.closes[0]?.kind,
    }).toEqual({ rightCloses: 1, isProtocolError: true, kind: 'session' })
  })

  test('is closed by an Ack of something that was never sent, even with resume', () => {
    const pair = new SessionPair({ extensions: resumable })
    pair.leftTransport.send(encode({ type: MessageType.Ack, sequence: 5 }))
    pair.settle()
    expect(pair.rightCloses).toEqual(['protocol error: Ack of message 5, which was never sent'])
  })

  test.each([
    ['Hello', encode({ type: MessageType.Hello, extensions: resumable, windowBytes: 1 }), 32],
    ['Auth', encode({ type: MessageType.Auth, token: 'x', reverse: false, instance: new Uint8Array(16) }), 1],
    [
      'Resume',
      encode({ type: MessageType.Resume, session: newChannelId(), secret: new Uint8Array(1), sequence: 0 }),
      36,
    ],
  ])('with resume is closed by a message of the handshake: %s', (_name, message, type) => {
    const pair = new SessionPair({ extensions: resumable })
    pair.leftTransport.send(message)
    pair.settle()
    expect(pair.rightCloses).toEqual([`protocol error: message type ${type} belongs to the handshake`])
  })

  test('over a base link ignores a second Auth, which deployed Python clients send', () => {
    const pair = new SessionPair({ extensions: base })
    pair.leftTransport.send(
      encode({ type: MessageType.Auth, token: 'x', reverse: false, instance: new Uint8Array(16) }),
    )
    pair.settle()
    expect(pair.rightCloses).toEqual([])
  })

  test('is closed when its peer keeps requesting and reads no answers', () => {
    const pair = new SessionPair({
      right: { controlQueueBytes: 10_000 },
      transport: { highWaterBytes: 100, wireBytes: 1000 },
    })
    pair.leftTransport.pause()
    for (let count = 0; count < 2000; count++) {
      const channelId = newChannelId()
      pair.leftTransport.send(encode({ type: MessageType.Connect, protocol: 'tcp', channelId, address: target }))
      pair.leftTransport.send(disconnectMessage(channelId, ''))
    }
    pair.settle(10_000)
    expect(pair.rightCloses[0]).toMatch(/^the peer does not read: messages of \d+ bytes wait, limit 10000$/)
  })
})

test('Session whose budget is exceeded is closed by 256 KiB that its peer does not read', () => {
  const pair = new SessionPair({ right: { budgetBytes: 100_000 }, transport: { highWaterBytes: 100, wireBytes: 1000 } })
  pair.leftTransport.pause()
  for (let count = 0; count < 10_000; count++) {
    const channelId = newChannelId()
    pair.leftTransport.send(encode({ type: MessageType.Connect, protocol: 'tcp', channelId, address: target }))
    pair.leftTransport.send(disconnectMessage(channelId, ''))
  }
  pair.settle(10_000)
  expect(pair.rightCloses[0]).toMatch(/^the peer does not read: messages of \d+ bytes wait, limit 262144$/)
})

test('messages about channels are charged to the budget while they wait', () => {
  const pair = new SessionPair({ extensions: resumable })
  pair.cut()
  for (let count = 0; count < 100; count++) pair.left.send(encode({ type: MessageType.Partners, count }))
  const { budget } = pair.left.options
  const waiting = budget.usedBytes
  pair.left.close('the test is over')
  expect({ waited: waiting >= 8192, usedBytes: budget.usedBytes }).toEqual({ waited: true, usedBytes: 0 })
})

test('what the peer has not acknowledged is charged to the byte once its link is lost', () => {
  const pair = new SessionPair({ extensions: resumable })
  pair.rightTransport.pause()
  pair.left.send(encode({ type: MessageType.Partners, count: 1 }))
  const { budget } = pair.left.options
  const linked = budget.usedBytes
  pair.cut()
  expect({ linked, held: budget.usedBytes > 0 }).toEqual({ linked: 0, held: true })
})

describe('Session.send', () => {
  test('gives messages that are not about channels to the peer', () => {
    const clock = new FakeClock()
    const got: Uint8Array[] = []
    const left = new Session({ clock }, idle)
    const right = new Session({ clock }, { ...idle, onMessage: (message) => got.push(message) })
    const [leftTransport, rightTransport] = memoryTransportPair({ clock })
    left.attach(leftTransport)
    right.attach(rightTransport)
    left.send(encode({ type: MessageType.Partners, count: 3 }))
    clock.advance(10)
    expect(got.map((message) => message[1])).toEqual([MessageType.Partners])
  })

  test('refuses messages of the handshake, which are not numbered', () => {
    const pair = new SessionPair()
    expect(() => pair.left.send(encode({ type: MessageType.AuthResponse, success: true }))).toThrow(TypeError)
  })

  test('goes ahead of bulk', () => {
    const pair = new SessionPair({ transport: { highWaterBytes: 1, wireBytes: 1 } })
    const order: string[] = []
    const recording = new Session(
      { clock: pair.clock },
      {
        onConnect: (channel) => {
          channel.setHandler({ onData: () => order.push('data'), onClose: () => {} })
          channel.accept()
          channel.resume()
        },
        onMessage: () => order.push('partners'),
        onClose: () => {},
      },
    )
    const [leftTransport, rightTransport] = memoryTransportPair({ clock: pair.clock, highWaterBytes: 1, wireBytes: 1 })
    const sending = new Session({ clock: pair.clock }, idle)
    sending.attach(leftTransport)
    recording.attach(rightTransport)
    sending.open({ protocol: 'tcp', address: target }, new Recorder()).send(new Uint8Array(1_000_000))
    sending.send(encode({ type: MessageType.Partners, count: 3 }))
    pair.settle()
    expect(order.indexOf('partners')).toBeLessThan(2)
  })
})

describe('Session and a lost transport', () => {
  test('ends with all its channels where resume is not in force', () => {
    const pair = new SessionPair({ extensions: halfClosing })
    const { nearRecorder, farRecorder } = pair.open()
    pair.cut()
    expect({ nearRecorder: nearRecorder.closes, farRecorder: farRecorder.closes, leftCloses: pair.leftCloses }).toEqual(
      {
        nearRecorder: [{ kind: 'session', error: 'connection lost' }],
        farRecorder: [{ kind: 'session', error: 'connection lost' }],
        leftCloses: ['connection lost'],
      },
    )
  })

  test('loses, doubles and reorders nothing where resume is in force', () => {
    const pair = new SessionPair({ extensions: resumable, transport: { latencyMs: 30 } })
    const { near, far, nearRecorder, farRecorder } = pair.open()
    const [up, down] = [seededBytes(1).take(1_500_000), seededBytes(2).take(1_500_000)]
    near.send(up)
    far.send(down)
    for (let count = 0; count < 20; count++) {
      pair.settle(70)
      pair.cut()
      pair.settle(500)
      pair.reconnect()
    }
    pair.settle(20_000)
    expect({
      bytesEqualsUp: farRecorder.bytes.equals(up),
      bytesEqualsDown: nearRecorder.bytes.equals(down),
      replayBytes: pair.left.replayBytes,
    }).toEqual({ bytesEqualsUp: true, bytesEqualsDown: true, replayBytes: 0 })
  })

  test('ends after the grace time without a peer', () => {
    const pair = new SessionPair({ extensions: resumable, graceMs: 5000 })
    const { nearRecorder } = pair.open()
    pair.cut()
    pair.settle(4999)
    const early = nearRecorder.closes.length
    pair.settle(1)
    const error = 'no new connection within 5000 ms after: connection lost'
    expect({ early, closes: nearRecorder.closes, leftCloses: pair.leftCloses }).toEqual({
      early: 0,
      closes: [{ kind: 'session', error }],
      leftCloses: [error],
    })
  })

  test('ends immediately when the peer has closed it for good', () => {
    const pair = new SessionPair({ extensions: resumable })
    pair.right.close('the token was removed')
    pair.settle()
    expect(pair.leftCloses).toEqual(['the token was removed'])
  })

  test('keeps new channels waiting for the next transport', () => {
    const pair = new SessionPair({ extensions: resumable })
    pair.cut()
    const recorder = new Recorder()
    pair.left.open({ protocol: 'tcp', address: target }, recorder)
    pair.settle()
    pair.reconnect()
    pair.settle()
    expect(recorder.opens).toBe(1)
  })

  test('stops sending at the replay limit, and continues after the Acks', () => {
    const pair = new SessionPair({ extensions: resumable, replayLimitBytes: 100_000, transport: { latencyMs: 5 } })
    const { near, farRecorder } = pair.open()
    pair.leftTransport.blackhole()
    near.send(new Uint8Array(250_000))
    pair.settle()
    const kept = pair.left.replayBytes
    pair.cut()
    pair.reconnect()
    pair.settle(10_000)
    expect(kept).toBeLessThan(100_000 + 65_536 + 24)
    expect(farRecorder.receivedBytes).toBe(250_000)
  })

  test('attach refuses a peer that needs messages that are no longer kept, and changes nothing', () => {
    const pair = new SessionPair({ extensions: resumable })
    const { near, farRecorder } = pair.open()
    near.send(Buffer.from('x'))
    pair.settle()
    const [transport] = memoryTransportPair({ clock: pair.clock })
    const attached = pair.left.attach(transport, 0)
    near.send(Buffer.from('y'))
    pair.settle()
    expect({ attached, canResume: pair.left.canResume(0), text: farRecorder.text }).toEqual({
      attached: false,
      canResume: false,
      text: 'xy',
    })
  })

  test('attach without the number the peer has received is the mistake of the caller', () => {
    const pair = new SessionPair({ extensions: resumable })
    pair.open()
    pair.cut()
    const [transport] = memoryTransportPair({ clock: pair.clock })
    expect(() => pair.left.attach(transport)).toThrow(TypeError)
  })

  test('a second transport replaces the first, with nothing lost', () => {
    const pair = new SessionPair({ extensions: resumable, transport: { latencyMs: 20 } })
    const { near, farRecorder } = pair.open()
    const bytes = seededBytes(5).take(300_000)
    near.send(bytes)
    pair.settle(30)
    pair.reconnect()
    pair.settle(5000)
    expect(farRecorder.bytes.equals(bytes)).toBe(true)
  })

  test('a gate that is closed keeps the next transport paused', () => {
    const pair = new SessionPair({ extensions: resumable, right: { budgetBytes: 100_000 } })
    const { near, far } = pair.open()
    far.pause()
    near.send(new Uint8Array(250_000))
    pair.settle()
    pair.cut()
    pair.reconnect()
    pair.settle()
    expect(far.queuedBytes).toBeLessThan(100_000 + 65_536 + 24)
  })

  test('detach without resume ends the session', () => {
    const pair = new SessionPair()
    pair.left.detach()
    expect(pair.leftCloses).toEqual(['the connection was given up'])
  })
})

describe('Session and time', () => {
  test('aborts a channel that carried nothing for the idle limit, in either direction', () => {
    const pair = new SessionPair({ idleLimitMs: 120_000, idleCheckMs: 10_000 })
    const idleOne = pair.open()
    const sending = pair.open()
    for (let minute = 0; minute < 5; minute++) {
      sending.near.send(Buffer.from('x'))
      pair.settle(60_000)
    }
    expect({
      idleOne: idleOne.nearRecorder.closes,
      sending: sending.nearRecorder.closes,
      farRecorder: sending.farRecorder.closes,
    }).toEqual({ idleOne: [{ kind: 'local', error: 'timeout: no data for 120000 ms' }], sending: [], farRecorder: [] })
  })

  test('leaves no timer when it is closed', () => {
    const pair = new SessionPair({ extensions: resumable })
    const { near, far } = pair.open()
    far.pause()
    near.send(new Uint8Array(1_000_000))
    near.disconnect()
    pair.settle()
    pair.left.close('done')
    pair.settle(10_000)
    expect({
      pendingTimers: pair.clock.pendingTimers,
      leftCloses: pair.leftCloses.length,
      rightCloses: pair.rightCloses.length,
    }).toEqual({ pendingTimers: 0, leftCloses: 1, rightCloses: 1 })
  })

  test('survives a handler that throws in onClose', () => {
    const clock = new FakeClock()
    const session = new Session(
      { clock },
      {
        onConnect: () => {},
        onClose: () => {
          throw new Error('on purpose')
        },
      },
    )
    session.close('done')
    expect(session.state).toBe('closed')
  })
})

describe('Session and speed', () => {
  test('a keystroke beside eight bulk channels on a slow path waits for bytes in flight, not for megabytes', () => {
    const wire = { latencyMs: 20, wireBytes: 64 << 20, highWaterBytes: 64 << 20 }
    const pair = new SessionPair({ extensions: resumable, transport: wire })
    const bulk = Array.from({ length: 8 }, () => pair.open())
    for (const { near } of bulk) near.send(new Uint8Array(8_000_000))
    // Only Acks limit this transport: a keystroke waits behind all unacknowledged bytes.
    pair.clock.advance(19)
    expect(pair.left.replayBytes).toBeLessThan(8 * 65_560 + 524_288 + 65_560)
  })

  test('channels() lists the ends that are here', () => {
    const pair = new SessionPair({ extensions: windowed })
    const { near } = pair.open()
    expect([...pair.left.channels()].map(({ key }) => key)).toEqual([channelKey(near.id)])
  })

  test('an answer for a channel it never asked for is a stray', () => {
    const pair = new SessionPair()
    pair.rightTransport.send(acceptMessage(newChannelId()))
    pair.settle()
    expect(pair.left.counters.strayMessages).toBe(1)
  })
})

describe('Session and a peer that asks for an old channel', () => {
  const resumeOf = (channelId: Uint8Array) =>
    encode({ type: MessageType.Connect, protocol: 'tcp', channelId, address: target, resume: true })

  /**
   * Returns the answer of a session with this handler to a resume of an unknown channel, and how often it called
   * `isElsewhere`.
   */
  function answersTo(channelId: Uint8Array, isElsewhere?: () => boolean): { asked: number; heard: Message[] } {
    const clock = new FakeClock()
    const [near, far] = memoryTransportPair({ clock })
    const heard: Message[] = []
    let asked = 0
    far.setHandler({ onMessage: (bytes) => heard.push(decode(bytes)), onDrain: () => {}, onClose: () => {} })
    const more = isElsewhere === undefined ? {} : { isElsewhere }
    const session = new Session({ clock }, { onConnect: () => asked++, onClose: () => {}, ...more })
    session.attach(near)
    far.send(resumeOf(channelId))
    clock.advance(100)
    return { asked, heard }
  }

  test('reports to it that the channel is gone, and opens none', () => {
    const channelId = newChannelId()
    expect(answersTo(channelId)).toEqual({
      asked: 0,
      heard: [{ type: MessageType.Disconnect, channelId, error: 'failed: the link was lost' }],
    })
  })

  test('says nothing when another session has it', () => {
    expect(answersTo(newChannelId(), () => true)).toEqual({ asked: 0, heard: [] })
  })

  test('does not change an existing channel', () => {
    const pair = new SessionPair()
    const { near, far } = pair.open()
    pair.leftTransport.send(resumeOf(near.id))
    pair.settle()
    expect({ near: near.state, far: far.state }).toEqual({ near: 'open', far: 'open' })
  })
})

describe('Session.onClose', () => {
  /** Returns the ids of lost channels that the closing session reports. */
  function lostWith(extensions: readonly Extension[]): readonly Uint8Array[] {
    let lost: readonly Uint8Array[] = []
    const clock = new FakeClock()
    const session = new Session({ clock, extensions }, { onConnect: () => {}, onClose: (_reason, ids) => (lost = ids) })
    session.attach(memoryTransportPair({ clock })[0])
    session.open({ protocol: 'tcp', address: target })
    session.close('done')
    return lost
  }

  test('names the channels of a base peer', () => {
    expect(lostWith(base)).toHaveLength(1)
  })

  test('names none of a peer that has lost them as well', () => {
    expect(lostWith(resumable)).toEqual([])
  })
})

test('Session reports the begin and the end of each channel, with its final counters', () => {
  const clock = new FakeClock()
  const told: unknown[] = []
  const watch = (name: string): Pick<SessionHandler, 'onClose' | 'onChannelOpened' | 'onChannelClosed'> => ({
    onClose: () => {},
    onChannelOpened: () => told.push(`${name} opened`),
    onChannelClosed: ({ sentBytes, answered }, { kind }) => told.push([name, kind, sentBytes, answered]),
  })
  const [near, far] = memoryTransportPair({ clock })
  const left = new Session({ clock }, { ...watch('left'), onConnect: (channel) => channel.reject('forbidden: no') })
  const right = new Session({ clock }, { ...watch('right'), onConnect: (channel) => channel.reject('refused: no') })
  left.attach(near)
  right.attach(far)
  left.open({ protocol: 'tcp', address: target }).send(Uint8Array.of(1, 2, 3))
  clock.advance(1000)
  expect(told).toEqual(['left opened', 'right opened', ['right', 'local', 0, false], ['left', 'refused', 3, true]])
})

test('Session without onConnect refuses every channel', () => {
  const clock = new FakeClock()
  const [left, right] = memoryTransportPair({ clock })
  const [asking, serving] = [new Session({ clock }), new Session({ clock })]
  asking.attach(left)
  serving.attach(right)
  const closes: unknown[] = []
  asking.open({ protocol: 'udp' }, { onClose: (reason) => closes.push(reason) })
  clock.advance(10)
  expect(closes).toEqual([{ kind: 'refused', error: 'forbidden: this end opens no channels for its peer' }])
})
