import { decode, encode, encodeTcpData, MessageType, newChannelId } from '@ls/codec'
import { expect, test } from 'vitest'
import type { MessageTransport } from '../link/transport.js'
import { copiedMessages } from './copied-messages.js'
import { maxEarlyMessages } from './most-early.js'
import { UrgentCopies } from './urgent-copies.js'

const channel = newChannelId()
const otherChannel = newChannelId()
const short = (id = channel): Uint8Array => encodeTcpData(id, Uint8Array.of(1), 'none')
const long = (id = channel): Uint8Array => encodeTcpData(id, new Uint8Array(20_000), 'none')

/** A sender that has sent `before` messages when its second transport is attached. */
class SendingSession {
  /** Numbers of copies. */
  readonly copied: number[] = []
  /** Result of `send` of the second transport. */
  takes = true
  last: number
  acknowledged: number
  readonly copies: UrgentCopies
  readonly #messages = new Map<number, Uint8Array>()

  constructor(before = 0, acknowledged = before) {
    this.last = before
    this.acknowledged = acknowledged
    const send = (bytes: Uint8Array): boolean => {
      const message = decode(bytes)
      if (message.type === MessageType.Urgent) this.copied.push(message.sequence)
      return this.takes
    }
    const transport = { send } as unknown as MessageTransport
    this.copies = new UrgentCopies({ transport, sent: this, messages: copiedMessages })
  }

  at(sequence: number): Uint8Array | undefined {
    return sequence > this.acknowledged ? this.#messages.get(sequence) : undefined
  }

  send(message: Uint8Array, isUrgent = true): this {
    this.#messages.set(++this.last, message)
    this.copies.passed(message, isUrgent)
    return this
  }
}

test('UrgentCopies copies short urgent messages', () => {
  expect(new SendingSession().send(short()).send(short(otherChannel)).copied).toEqual([1, 2])
})

test('UrgentCopies copies no bulk', () => {
  expect(new SendingSession().send(short(), false).send(long(otherChannel)).copied).toEqual([])
})

test('UrgentCopies copies nothing that belongs to no channel', () => {
  const log = encode({ type: MessageType.Log, level: 'info', text: 'hello' })
  const request = { type: MessageType.Connector, channelId: channel, token: 'token', operation: 'add' } as const
  expect(new SendingSession().send(log).send(encode(request)).copied).toEqual([])
})

test('UrgentCopies holds copies back while bulk of their channel is not acknowledged', () => {
  expect(new SendingSession().send(long()).send(short()).send(short(otherChannel)).copied).toEqual([3])
})

test('UrgentCopies copies all that waited once the bulk before it is acknowledged', () => {
  const session = new SendingSession().send(long()).send(short()).send(short())
  session.acknowledged = 1
  expect(session.send(short()).copied).toEqual([2, 3, 4])
})

test('UrgentCopies omits messages that were acknowledged meanwhile', () => {
  const session = new SendingSession().send(long()).send(short()).send(short())
  session.acknowledged = 2
  expect(session.send(short()).copied).toEqual([3, 4])
})

test('UrgentCopies waits for messages that were in flight when its transport opened', () => {
  const session = new SendingSession(5, 3).send(short())
  const before = [...session.copied]
  session.acknowledged = 5
  expect({ before, copied: session.send(short()).copied }).toEqual({ before: [], copied: [6, 7] })
})

test('UrgentCopies copies nothing while the transport takes nothing, and the rest in order after that', () => {
  const session = new SendingSession()
  session.takes = false
  session.send(short()).send(short()).send(short())
  const before = [...session.copied]
  session.takes = true
  session.copies.onDrain()
  expect({ before, copied: session.send(short()).copied }).toEqual({ before: [1], copied: [1, 2, 3, 4] })
})

test('UrgentCopies takes a channel with many messages that wait for bulk', () => {
  const session = new SendingSession(1, 0)
  for (let count = 0; count < 65; count++) session.send(short())
  session.acknowledged = 1
  expect(session.send(short()).copied).toEqual([])
})

test('UrgentCopies copies at most an eighth of the bytes of the main transport, and 64 KiB in one burst', () => {
  const session = new SendingSession()
  const message = encodeTcpData(channel, new Uint8Array(1000), 'none')
  for (let count = 0; count < 1000; count++) session.send(message)
  const copiedBytes = session.copied.length * message.length
  expect(copiedBytes).toBeLessThanOrEqual(65_536 + (1000 * message.length) / 8)
})

test('UrgentCopies stays within what the peer remembers', () => {
  const session = new SendingSession()
  for (let count = 0; count < maxEarlyMessages + 10; count++) session.send(long(otherChannel), false)
  expect(session.send(short()).copied).toEqual([])
})

test('UrgentCopies does not forget a channel whose bulk is under way', () => {
  const session = new SendingSession().send(long())
  for (let count = 0; count < 3000; count++) session.send(encode({ type: MessageType.Fin, channelId: newChannelId() }))
  session.copied.length = 0
  expect(session.send(short()).copied).toEqual([])
})
