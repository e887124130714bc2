import { expect, test } from 'vitest'
import { seededBytes } from '../../seeded-bytes.js'
import { RecordingHandler } from '../recording-handler.js'
import { chunkBytes, type TransportEnds } from './transport-ends.js'

/** Sizes at which WebSocket framing and buffering change (RFC 6455 §5.2), and some beyond. */
const sizes = [0, 1, 125, 126, 127, 4096, 65_535, 65_536, 65_537, 1_048_576]

/** Rules 1 and 2: messages arrive whole, in order and once, and the sender keeps its bytes. */
export function describeDelivery(ends: TransportEnds): void {
  test('rule 1: messages of any size arrive whole, in order and once, in both directions', async () => {
    ends.connectHandlers()
    const messages = sizes.map((size, index) => seededBytes(index).take(size))
    for (const message of messages) {
      ends.left.send(Uint8Array.from(message))
      ends.right.send(Uint8Array.from(message))
    }
    await ends.wait(
      () => ends.atLeft.messages.length >= sizes.length && ends.atRight.messages.length >= sizes.length,
      'all messages',
    )
    const sent = RecordingHandler.digestsOf(messages)
    expect({ left: ends.atLeft.digests(), right: ends.atRight.digests() }).toEqual({ left: sent, right: sent })
  })

  test('rule 1: messages sent before the peer has a handler wait for it', async () => {
    ends.left.send(Uint8Array.of(1))
    ends.left.send(Uint8Array.of(2))
    await ends.settle()
    ends.connectHandlers()
    await ends.wait(() => ends.atRight.messages.length === 2, 'two messages')
    expect(ends.atRight.messages.map((message) => message[0])).toEqual([1, 2])
  })

  test('rule 1: a peer without a handler stops the sender, and gets everything in the end', async () => {
    ends.left.setHandler(ends.atLeft)
    const count = await ends.fill()
    ends.right.setHandler(ends.atRight)
    await ends.wait(() => ends.atRight.messages.length === count, `${count} messages`)
    expect(ends.atRight.byteCount).toBe(count * chunkBytes)
  })

  test('rule 1: a message handed over stays unchanged while others arrive', async () => {
    ends.connectHandlers()
    const messages = Array.from({ length: 200 }, (_, index) => seededBytes(index).take(997))
    for (const message of messages) ends.left.send(Uint8Array.from(message))
    await ends.wait(() => ends.atRight.messages.length === messages.length, 'all messages')
    expect(ends.atRight.digests()).toEqual(RecordingHandler.digestsOf(messages))
  })

  test('rule 1: nothing arrives after onClose', async () => {
    ends.connectHandlers()
    for (let index = 0; index < 100; index++) ends.left.send(new Uint8Array(1000))
    ends.atRight.onNextMessage = () => ends.right.destroy()
    await ends.wait(() => ends.atRight.closes.length > 0, 'onClose')
    const countAtClose = ends.atRight.messages.length
    await ends.settle()
    expect(ends.atRight.messages.length).toBe(countAtClose)
  })

  test('rule 1: nothing arrives after destroy, not even what was received already', async () => {
    ends.connectHandlers()
    ends.atRight.onNextMessage = () => ends.right.destroy()
    for (let index = 0; index < 100; index++) ends.left.send(Uint8Array.of(index))
    await ends.wait(() => ends.atRight.closes.length > 0, 'onClose')
    expect(ends.atRight.messages.length).toBe(1)
  })

  test('rule 2: send leaves the bytes it was given as they were', async () => {
    ends.connectHandlers()
    const message = seededBytes(5).take(3000)
    ends.left.send(message)
    await ends.wait(() => ends.atRight.messages.length === 1, 'the message')
    expect(message).toEqual(seededBytes(5).take(3000))
  })

  test.each(['close', 'destroy'] as const)('rule 2: after %s, send returns false and delivers nothing', async (end) => {
    ends.connectHandlers()
    ends.left[end]()
    const answers = [ends.left.send(Uint8Array.of(1))]
    await ends.wait(() => ends.atRight.closes.length > 0, 'the peer to notice')
    answers.push(ends.left.send(Uint8Array.of(2)))
    await ends.settle()
    expect({ answers, messages: ends.atRight.messages }).toEqual({ answers: [false, false], messages: [] })
  })

  test('roundTripMs is undefined or a duration', async () => {
    ends.connectHandlers()
    ends.left.send(Uint8Array.of(1))
    await ends.wait(() => ends.atRight.messages.length === 1, 'a message')
    expect(ends.left.roundTripMs ?? 0).toBeGreaterThanOrEqual(0)
  })
}
