import { encode, encodeTcpData, type Extension, MessageType, newChannelId } from '@ls/codec'
import { FakeClock, memoryTransportPair } from '@ls/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { base, Recorder, resumable } from '../../testing/session-pair.js'
import {
  acceptMessage,
  disconnectMessage,
  finMessage,
  rejectMessage,
  windowMessage,
} from '../channel/channel-messages.js'
import { Session } from './session.js'

const target = { host: 'target.test', port: 80 }
const ids = [newChannelId(), newChannelId()]
const knownId = fc.constantFrom(...ids)

/** Messages that a peer may invent: well-formed ones in any order, on few channels. */
const plausible = fc.oneof(
  knownId.map((channelId) => encode({ type: MessageType.Connect, protocol: 'tcp', channelId, address: target })),
  knownId.map((channelId) => encode({ type: MessageType.Connect, protocol: 'udp', channelId })),
  fc.tuple(knownId, fc.nat(300_000)).map(([id, bytes]) => encodeTcpData(id, new Uint8Array(bytes))),
  fc.tuple(knownId, fc.nat(200)).map(([id, bytes]) => encodeTcpData(id, new Uint8Array(bytes), 'gzip')),
  knownId.map(acceptMessage),
  knownId.map((id) => rejectMessage(id, 'x')),
  knownId.map((id) => disconnectMessage(id, 'EOF')),
  knownId.map(finMessage),
  fc.tuple(knownId, fc.integer({ min: 1, max: 0xffff_ffff })).map(([id, bytes]) => windowMessage(id, bytes)),
  fc.nat(20).map((sequence) => encode({ type: MessageType.Ack, sequence })),
  fc.constant(encode({ type: MessageType.Partners, count: 1 })),
)

/** The same, with a byte changed, cut short, or made longer; and random bytes. */
const hostile = fc.oneof(
  { weight: 4, arbitrary: plausible },
  {
    weight: 2,
    arbitrary: fc.tuple(plausible, fc.nat(60), fc.nat(255)).map(([message, at, value]) => {
      const copy = Uint8Array.from(message)
      if (at < copy.length) copy[at] = value
      return copy
    }),
  },
  { weight: 1, arbitrary: fc.tuple(plausible, fc.nat(60)).map(([message, length]) => message.slice(0, length)) },
  {
    weight: 1,
    arbitrary: fc.tuple(plausible, fc.uint8Array()).map(([message, tail]) => Buffer.concat([message, tail])),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.concat([Uint8Array.of(1), bytes])) },
)

const answers = fc.constantFrom('accept', 'reject', 'wait', 'busy', 'endless')

test.each([
  ['base', base],
  ['window, fin and resume', resumable],
] as const)('Session over a link with %s survives any messages, and leaks nothing', (_name, extensions) => {
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 60, size: 'max' }), answers, (messages, answer) =>
      attack(extensions, messages, answer),
    ),
    { numRuns: process.env['LS_LONG'] === '1' ? 20_000 : 500 },
  )
})

function attack(extensions: readonly Extension[], messages: readonly Uint8Array[], answer: string): void {
  const clock = new FakeClock()
  let closes = 0
  const recorders: Recorder[] = []
  const session = new Session(
    { clock, extensions, stuckTimeoutMs: 1000 },
    {
      onConnect: (channel) => {
        const recorder = new Recorder().watch(channel)
        recorders.push(recorder)
        if (answer === 'reject') return channel.reject('refused: no')
        if (answer === 'wait') return
        channel.accept()
        channel.resume()
        if (answer === 'busy') channel.send(new Uint8Array(400_000))
        if (answer === 'endless') {
          recorder.onDrain = () => {
            if (++recorder.drains < 20) channel.send(new Uint8Array(140_000))
          }
        }
        if (answer === 'endless') channel.send(new Uint8Array(140_000))
      },
      onClose: () => closes++,
    },
  )
  const [near, far] = memoryTransportPair({ clock, wireBytes: 4 << 20 })
  far.setHandler({ onMessage: () => {}, onDrain: () => {}, onClose: () => {} })
  session.attach(near)
  const own = new Recorder()
  session.open({ protocol: 'tcp', address: target }, own)
  for (const message of messages) {
    far.send(message)
    clock.advance(1)
  }
  clock.advance(5000)
  session.close('done')
  clock.advance(20_000)
  expect({
    closes,
    channelCount: session.channelCount,
    replayBytes: session.replayBytes,
    pendingTimers: clock.pendingTimers,
  }).toEqual({ closes: 1, channelCount: 0, replayBytes: 0, pendingTimers: 0 })
  expect({ usedBytes: session.options.budget.usedBytes, reservedBytes: session.options.budget.reservedBytes }).toEqual({
    usedBytes: 0,
    reservedBytes: 0,
  })
  expect([...recorders, own].map(({ closes }) => closes.length)).toEqual([...recorders, own].map(() => 1))
}
