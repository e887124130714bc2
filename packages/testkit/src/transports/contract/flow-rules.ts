import { expect, test } from 'vitest'
import { chunkBytes, type TransportEnds } from './transport-ends.js'

/** Rules 3 and 4: a sender waits for the peer, and a receiver may pause. */
export function describeFlow(ends: TransportEnds): void {
  test('rule 3: send returns false when the peer does not read, and what it took arrives all the same', async () => {
    ends.connectHandlers()
    ends.right.pause()
    const count = await ends.fill()
    ends.right.resume()
    await ends.wait(() => ends.atRight.messages.length === count, `${count} messages`)
    expect(ends.atRight.byteCount).toBe(count * chunkBytes)
  })

  test('rule 3: onDrain follows once the peer reads again', async () => {
    ends.connectHandlers()
    ends.right.pause()
    await ends.fill()
    const drainsBefore = ends.atLeft.drains
    ends.right.resume()
    await ends.wait(() => ends.atLeft.drains > drainsBefore, 'onDrain')
    expect(ends.left.send(Uint8Array.of(1))).toBe(true)
  })

  test('rule 3: a sender that waits for onDrain never has much buffered', async () => {
    ends.connectHandlers()
    const mostBytes = await ends.sendPolitely(400)
    await ends.wait(() => ends.atRight.messages.length === 400, 'all messages')
    expect(mostBytes).toBeLessThanOrEqual(1024 * 1024)
  })

  test('rule 3: bufferedBytes counts what waits and falls to 0', async () => {
    ends.connectHandlers()
    ends.right.pause()
    await ends.fill()
    const whileStuck = ends.left.bufferedBytes
    ends.right.resume()
    await ends.wait(() => ends.left.bufferedBytes === 0, 'an empty buffer')
    expect(whileStuck).toBeGreaterThan(0)
  })

  test('rule 4: after pause no message comes, not even one received together with the last', async () => {
    ends.connectHandlers()
    ends.atRight.onNextMessage = () => ends.right.pause()
    for (let index = 0; index < 50; index++) ends.left.send(Uint8Array.of(index))
    await ends.wait(() => ends.atRight.messages.length > 0, 'the first message')
    await ends.settle()
    expect(ends.atRight.messages.length).toBe(1)
  })

  test('rule 4: after resume the waiting messages come in order, between them those that arrive meanwhile', async () => {
    ends.connectHandlers()
    ends.atRight.onNextMessage = () => ends.right.pause()
    for (let index = 0; index < 50; index++) ends.left.send(Uint8Array.of(index))
    await ends.wait(() => ends.atRight.messages.length > 0, 'the first message')
    await ends.settle()
    for (let index = 50; index < 100; index++) ends.left.send(Uint8Array.of(index))
    ends.right.resume()
    await ends.wait(() => ends.atRight.messages.length === 100, 'all messages')
    expect(ends.atRight.messages.map((message) => message[0])).toEqual(Array.from({ length: 100 }, (_, index) => index))
  })

  test('rule 4: pausing at every message and resuming later yields each message once', async () => {
    ends.connectHandlers()
    ends.atRight.onEachMessage = () => {
      ends.right.pause()
      setImmediate(() => ends.right.resume())
    }
    for (let index = 0; index < 60; index++) ends.left.send(Uint8Array.of(index))
    await ends.wait(() => ends.atRight.messages.length >= 60, 'all messages')
    expect(ends.atRight.messages.map((message) => message[0])).toEqual(Array.from({ length: 60 }, (_, index) => index))
  })

  test('rule 4: messages that wait when the peer closes come before onClose', async () => {
    ends.connectHandlers()
    ends.atRight.onNextMessage = () => ends.right.pause()
    for (let index = 0; index < 20; index++) ends.left.send(Uint8Array.of(index))
    ends.left.close({ code: 1000, reason: 'done' })
    await ends.wait(() => ends.atRight.messages.length > 0, 'the first message')
    await ends.settle()
    ends.right.resume()
    await ends.wait(() => ends.atRight.closes.length > 0, 'onClose')
    expect({ messages: ends.atRight.messages.length, reason: ends.atRight.closes[0]?.reason }).toEqual({
      messages: 20,
      reason: 'done',
    })
  })

  test('rule 4: destroy of a paused transport still ends in onClose', async () => {
    ends.connectHandlers()
    ends.right.pause()
    ends.left.send(Uint8Array.of(1))
    await ends.settle()
    ends.right.destroy()
    await ends.wait(() => ends.atRight.closes.length > 0, 'onClose')
    expect(ends.atRight.messages).toEqual([])
  })
}
