import { encode, type KnownMessage, MessageType } from '@ls/codec'
import { FakeClock, type MemoryTransport, memoryTransportPair } from '@ls/testkit'
import { expect, test } from 'vitest'
import { resumable, SessionPair, urgent } from '../../testing/session-pair.js'
import { MemoryBudget, Session } from '../index.js'
import { copiedMessages } from './copied-messages.js'
import { UrgentLink } from './urgent-link.js'

const slowMs = 1000

/** Two sessions whose second transport is much faster than the main one. */
class UrgentPair extends SessionPair {
  readonly urgentTransport: MemoryTransport

  constructor() {
    super({ extensions: urgent, transport: { latencyMs: slowMs } })
    const [left, right] = memoryTransportPair({ clock: this.clock, latencyMs: 1 })
    this.urgentTransport = left
    this.left.attachUrgent(left)
    this.right.attachUrgent(right)
  }
}

test('Session delivers a copy before the message on the main transport, and only once', () => {
  const pair = new UrgentPair()
  const { near, farRecorder } = pair.open()
  pair.settle(4 * slowMs)
  near.send(Uint8Array.of(7))
  pair.settle(2)
  const early = [...farRecorder.bytes]
  pair.settle(4 * slowMs)
  expect({ early, bytes: [...farRecorder.bytes] }).toEqual({ early: [7], bytes: [7] })
})

test('Session opens a channel by copies', () => {
  const pair = new UrgentPair()
  pair.left.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } })
  pair.settle(2)
  expect(pair.accepted).toHaveLength(1)
})

test('Session loses nothing when the second transport is cut', () => {
  const pair = new UrgentPair()
  const { near, farRecorder } = pair.open()
  near.send(Uint8Array.of(1))
  pair.urgentTransport.cut()
  near.send(Uint8Array.of(2))
  pair.settle(4 * slowMs)
  expect({ bytes: [...farRecorder.bytes], hasUrgent: pair.left.hasUrgent, state: pair.left.state }).toEqual({
    bytes: [1, 2],
    hasUrgent: false,
    state: 'linked',
  })
})

test('Session gives the second transport up with the main one', () => {
  const pair = new UrgentPair()
  pair.cut()
  expect({ left: pair.left.hasUrgent, right: pair.right.hasUrgent }).toEqual({ left: false, right: false })
})

test('Session accepts no second transport where the link has not agreed on it', () => {
  const pair = new SessionPair({ extensions: resumable })
  expect(pair.left.attachUrgent(memoryTransportPair({ clock: pair.clock })[0])).toBe(false)
})

test('Session accepts no second transport while it has no main one', () => {
  const clock = new FakeClock()
  const session = new Session({ clock, extensions: urgent })
  expect(session.attachUrgent(memoryTransportPair({ clock })[0])).toBe(false)
})

/** Returns the end of a session, if any, whose peer sends `message` over the second transport. */
function closedBy(message: KnownMessage): string[] {
  const clock = new FakeClock()
  const closes: string[] = []
  const session = new Session({ clock, extensions: urgent }, { onClose: (reason) => closes.push(reason) })
  session.attach(memoryTransportPair({ clock })[0])
  const [near, far] = memoryTransportPair({ clock })
  session.attachUrgent(near)
  far.send(encode(message))
  clock.advance(10)
  return closes
}

const log = encode({ type: MessageType.Log, level: 'info', text: 'hello' })

test('Session ends when a copy is of a message that belongs to no channel', () => {
  const closes = closedBy({ type: MessageType.Urgent, sequence: 1, message: log })
  expect(closes).toEqual([expect.stringMatching(/^protocol error: a copy of a message of type 9/)])
})

test('Session ends when a copy is too far ahead', () => {
  const closes = closedBy({ type: MessageType.Urgent, sequence: 1_000_000, message: log })
  expect(closes).toEqual([expect.stringMatching(/^protocol error: copy of message 1000000/)])
})

test('Session ignores anything but copies on the second transport', () => {
  expect(closedBy({ type: MessageType.Log, level: 'info', text: 'hello' })).toEqual([])
})

test('Session calls onLossy when its peer says so', () => {
  const clock = new FakeClock()
  const calls: string[] = []
  const session = new Session({ clock, extensions: urgent }, { onLossy: () => calls.push('lossy') })
  const [near, far] = memoryTransportPair({ clock })
  session.attach(near)
  far.send(encode({ type: MessageType.Lossy }))
  clock.advance(10)
  expect(calls).toEqual(['lossy'])
})

test('UrgentLink asks for a transport once, and again only when it has lost one', () => {
  const clock = new FakeClock()
  const asked: number[] = []
  const nothing = (): void => {}
  const link = new UrgentLink({
    sequencer: { crowded: true, relax: nothing, received: 0, last: 0, acknowledged: 0, at: () => undefined },
    outbox: { copyTo: nothing, pump: nothing },
    messages: copiedMessages,
    budget: new MemoryBudget({ limitBytes: 1e9 }),
    onLossy: () => asked.push(asked.length + 1),
    onMessage: nothing,
    onError: nothing,
  })
  link.look()
  link.look()
  const [transport] = memoryTransportPair({ clock })
  link.attach(transport, true)
  link.look()
  const before = [...asked]
  transport.cut()
  clock.advance(0)
  link.look()
  expect({ before, asked }).toEqual({ before: [1], asked: [1, 2] })
})
