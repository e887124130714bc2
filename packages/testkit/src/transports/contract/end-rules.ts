import { expect, test } from 'vitest'
import { chunkBytes, type TransportEnds } from './transport-ends.js'

/** Rules 5 and 6: handlers run later, and each transport ends exactly once. */
export function describeEnds(ends: TransportEnds): void {
  test('rule 5: no handler runs inside send, pause, resume, close or destroy', async () => {
    ends.connectHandlers()
    ends.atRight.onEachMessage = () => {
      ends.right.pause()
      ends.right.resume()
      ends.right.send(new Uint8Array(chunkBytes))
    }
    for (let index = 0; index < 20; index++) ends.left.send(new Uint8Array(chunkBytes))
    await ends.wait(() => ends.atLeft.messages.length === 20, 'all answers')
    ends.left.close()
    await ends.wait(() => ends.atLeft.closes.length > 0 && ends.atRight.closes.length > 0, 'both closes')
    ends.left.destroy()
    ends.right.destroy()
    await ends.settle()
    expect({ atLeft: ends.atLeft.calledInside, atRight: ends.atRight.calledInside }).toEqual({
      atLeft: [],
      atRight: [],
    })
  })

  test('rule 5: resume hands over what waits later, not itself', async () => {
    ends.connectHandlers()
    ends.atRight.onNextMessage = () => ends.right.pause()
    for (let index = 0; index < 10; index++) ends.left.send(Uint8Array.of(index))
    await ends.wait(() => ends.atRight.messages.length > 0, 'the first message')
    await ends.settle()
    ends.right.resume()
    const during = ends.atRight.messages.length
    await ends.wait(() => ends.atRight.messages.length === 10, 'all messages')
    expect({ during, calledInside: ends.atRight.calledInside }).toEqual({ during: 1, calledInside: [] })
  })

  test('rule 6: onClose comes exactly once when both ends close and destroy, repeatedly', async () => {
    ends.connectHandlers()
    ends.left.close()
    ends.right.close()
    ends.left.close()
    await ends.wait(() => ends.atLeft.closes.length > 0 && ends.atRight.closes.length > 0, 'both closes')
    ends.left.destroy()
    ends.right.destroy()
    ends.right.destroy()
    await ends.settle()
    expect({ atLeft: ends.atLeft.closes.length, atRight: ends.atRight.closes.length }).toEqual({
      atLeft: 1,
      atRight: 1,
    })
  })

  test('rule 6: onClose reaches a handler that is set after the end', async () => {
    ends.right.destroy()
    await ends.settle()
    ends.connectHandlers()
    await ends.wait(() => ends.atRight.closes.length > 0, 'onClose')
    expect(ends.atRight.closes.length).toBe(1)
  })

  test('close lets everything sent before it arrive, then tells the peer why', async () => {
    ends.connectHandlers()
    for (let index = 0; index < 30; index++) ends.left.send(new Uint8Array(chunkBytes))
    ends.left.close({ code: 4001, reason: 'moving on' })
    await ends.wait(() => ends.atRight.closes.length > 0, 'onClose at the peer')
    expect({ messages: ends.atRight.messages.length, firstClose: ends.atRight.closes[0] }).toMatchObject({
      messages: 30,
      firstClose: { code: 4001, reason: 'moving on' },
    })
  })

  test('close reports its own reason to its own side', async () => {
    ends.connectHandlers()
    ends.left.close({ code: 4002, reason: 'enough' })
    await ends.wait(() => ends.atLeft.closes.length > 0, 'onClose')
    expect(ends.atLeft.closes[0]).toMatchObject({ code: 4002, reason: 'enough' })
  })

  test('destroy reaches the peer as an abnormal end', async () => {
    ends.connectHandlers()
    ends.left.destroy()
    await ends.wait(() => ends.atRight.closes.length > 0, 'onClose at the peer')
    expect(ends.atRight.closes[0]?.code).toBe(ends.pair.destroyedCode ?? 1006)
  })
}
