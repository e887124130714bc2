import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededBytes } from '../seeded-bytes.js'
import { turns, until } from '../wait.js'
import { RecordingHandler } from './recording-handler.js'
import type { TransportShape } from './transport-shape.js'

/** Two connected transports for the contract suite; `left` is the one under test. */
export interface TransportPair {
  readonly left: TransportShape
  readonly right: TransportShape
  /** Close code that `right` gets after `left.destroy()`, if the medium cannot end without a close. @default 1006 */
  readonly destroyedCode?: number
  /** Lets a fake clock go on; called once per turn while the suite waits. */
  step?(): void
  /** Frees what the pair needs besides the transports, which the suite has destroyed by then. */
  dispose?(): Promise<void> | void
}

/** Sizes at which WebSocket framing and buffering change (RFC 6455 §5.2), and some beyond. */
const sizes = [0, 1, 125, 126, 127, 4096, 65_535, 65_536, 65_537, 1_048_576]
const chunkBytes = 16 * 1024

/** No transport may take more than this from a sender whose peer does not read: system buffers plus its own. */
const maxAcceptedBytes = 256 * 1024 * 1024

/** Turns after which all bytes in flight inside this process have arrived. */
const settleTurns = 50

/**
 * The rules of `MessageTransport` (see its declaration in `@ls/mux`) as a test suite that every implementation runs.
 *
 * @example
 * ```ts
 * describeMessageTransport('memory transport', async () => {
 *   const [left, right] = memoryTransportPair()
 *   return { left, right }
 * })
 * ```
 */
export function describeMessageTransport(name: string, createPair: () => Promise<TransportPair>): void {
  describe(`${name} keeps the contract of MessageTransport`, () => {
    let pair: TransportPair
    let left: TransportShape
    let right: TransportShape
    let atLeft: RecordingHandler
    let atRight: RecordingHandler

    beforeEach(async () => {
      pair = await createPair()
      atLeft = new RecordingHandler()
      atRight = new RecordingHandler()
      left = atLeft.watch(pair.left)
      right = atRight.watch(pair.right)
    })

    afterEach(async () => {
      pair.left.destroy()
      pair.right.destroy()
      await pair.dispose?.()
    })

    const connectHandlers = (): void => {
      left.setHandler(atLeft)
      right.setHandler(atRight)
    }

    const wait = (condition: () => boolean, what: string): Promise<void> =>
      until(() => {
        pair.step?.()
        return condition()
      }, what)

    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < settleTurns; turn++) {
        pair.step?.()
        await turns(1)
      }
    }

    /**
     * Sends whenever possible until no more bytes leave; returns the number of messages. The system's buffers may take
     * the bytes that made `send` return false, so one false is not the end.
     */
    const fill = async (): Promise<number> => {
      let count = 0
      let drains: number
      do {
        drains = atLeft.drains
        do {
          if (++count * chunkBytes > maxAcceptedBytes)
            throw new Error(`took ${count} messages for a peer that reads none`)
        } while (left.send(new Uint8Array(chunkBytes)))
        await settle()
      } while (atLeft.drains > drains)
      return count
    }

    test('rule 1: messages of any size arrive whole, in order and once, in both directions', async () => {
      connectHandlers()
      const messages = sizes.map((size, index) => seededBytes(index).take(size))
      for (const message of messages) {
        left.send(Uint8Array.from(message))
        right.send(Uint8Array.from(message))
      }
      await wait(
        () => atLeft.messages.length >= sizes.length && atRight.messages.length >= sizes.length,
        'all messages',
      )
      const sent = RecordingHandler.digestsOf(messages)
      expect({ left: atLeft.digests(), right: atRight.digests() }).toEqual({ left: sent, right: sent })
    })

    test('rule 1: messages sent before the peer has a handler wait for it', async () => {
      left.send(Uint8Array.of(1))
      left.send(Uint8Array.of(2))
      await settle()
      connectHandlers()
      await wait(() => atRight.messages.length === 2, 'two messages')
      expect(atRight.messages.map((message) => message[0])).toEqual([1, 2])
    })

    test('rule 1: a peer without a handler stops the sender, and gets everything in the end', async () => {
      left.setHandler(atLeft)
      const count = await fill()
      right.setHandler(atRight)
      await wait(() => atRight.messages.length === count, `${count} messages`)
      expect(atRight.byteCount).toBe(count * chunkBytes)
    })

    test('rule 1: a message handed over stays unchanged while others arrive', async () => {
      connectHandlers()
      const messages = Array.from({ length: 200 }, (_, index) => seededBytes(index).take(997))
      for (const message of messages) left.send(Uint8Array.from(message))
      await wait(() => atRight.messages.length === messages.length, 'all messages')
      expect(atRight.digests()).toEqual(RecordingHandler.digestsOf(messages))
    })

    test('rule 1: nothing arrives after onClose', async () => {
      connectHandlers()
      for (let index = 0; index < 100; index++) left.send(new Uint8Array(1000))
      atRight.onNextMessage = () => right.destroy()
      await wait(() => atRight.closes.length > 0, 'onClose')
      const countAtClose = atRight.messages.length
      await settle()
      expect(atRight.messages.length).toBe(countAtClose)
    })

    test('rule 1: nothing arrives after destroy, not even what was received already', async () => {
      connectHandlers()
      atRight.onNextMessage = () => right.destroy()
      for (let index = 0; index < 100; index++) left.send(Uint8Array.of(index))
      await wait(() => atRight.closes.length > 0, 'onClose')
      expect(atRight.messages.length).toBe(1)
    })

    test('rule 2: send leaves the bytes it was given as they were', async () => {
      connectHandlers()
      const message = seededBytes(5).take(3000)
      left.send(message)
      await wait(() => atRight.messages.length === 1, 'the message')
      expect(message).toEqual(seededBytes(5).take(3000))
    })

    test.each(['close', 'destroy'] as const)(
      'rule 2: after %s, send returns false and delivers nothing',
      async (end) => {
        connectHandlers()
        left[end]()
        const answers = [left.send(Uint8Array.of(1))]
        await wait(() => atRight.closes.length > 0, 'the peer to notice')
        answers.push(left.send(Uint8Array.of(2)))
        await settle()
        expect({ answers, messages: atRight.messages }).toEqual({ answers: [false, false], messages: [] })
      },
    )

    test('rule 3: send returns false when the peer does not read, and what it took arrives all the same', async () => {
      connectHandlers()
      right.pause()
      const count = await fill()
      right.resume()
      await wait(() => atRight.messages.length === count, `${count} messages`)
      expect(atRight.byteCount).toBe(count * chunkBytes)
    })

    test('rule 3: onDrain follows once the peer reads again', async () => {
      connectHandlers()
      right.pause()
      await fill()
      const drainsBefore = atLeft.drains
      right.resume()
      await wait(() => atLeft.drains > drainsBefore, 'onDrain')
      expect(left.send(Uint8Array.of(1))).toBe(true)
    })

    test('rule 3: a sender that waits for onDrain never has much buffered', async () => {
      connectHandlers()
      const mostBytes = await sendPolitely(left, atLeft, 400, wait)
      await wait(() => atRight.messages.length === 400, 'all messages')
      expect(mostBytes).toBeLessThanOrEqual(1024 * 1024)
    })

    test('rule 3: bufferedBytes counts what waits and falls to 0', async () => {
      connectHandlers()
      right.pause()
      await fill()
      const whileStuck = left.bufferedBytes
      right.resume()
      await wait(() => left.bufferedBytes === 0, 'an empty buffer')
      expect(whileStuck).toBeGreaterThan(0)
    })

    test('rule 4: after pause no message comes, not even one received together with the last', async () => {
      connectHandlers()
      atRight.onNextMessage = () => right.pause()
      for (let index = 0; index < 50; index++) left.send(Uint8Array.of(index))
      await wait(() => atRight.messages.length > 0, 'the first message')
      await settle()
      expect(atRight.messages.length).toBe(1)
    })

    test('rule 4: after resume the waiting messages come in order, between them those that arrive meanwhile', async () => {
      connectHandlers()
      atRight.onNextMessage = () => right.pause()
      for (let index = 0; index < 50; index++) left.send(Uint8Array.of(index))
      await wait(() => atRight.messages.length > 0, 'the first message')
      await settle()
      for (let index = 50; index < 100; index++) left.send(Uint8Array.of(index))
      right.resume()
      await wait(() => atRight.messages.length === 100, 'all messages')
      expect(atRight.messages.map((message) => message[0])).toEqual(Array.from({ length: 100 }, (_, index) => index))
    })

    test('rule 4: pausing at every message and resuming later yields each message once', async () => {
      connectHandlers()
      atRight.onEachMessage = () => {
        right.pause()
        setImmediate(() => right.resume())
      }
      for (let index = 0; index < 60; index++) left.send(Uint8Array.of(index))
      await wait(() => atRight.messages.length >= 60, 'all messages')
      expect(atRight.messages.map((message) => message[0])).toEqual(Array.from({ length: 60 }, (_, index) => index))
    })

    test('rule 4: messages that wait when the peer closes come before onClose', async () => {
      connectHandlers()
      atRight.onNextMessage = () => right.pause()
      for (let index = 0; index < 20; index++) left.send(Uint8Array.of(index))
      left.close({ code: 1000, reason: 'done' })
      await wait(() => atRight.messages.length > 0, 'the first message')
      await settle()
      right.resume()
      await wait(() => atRight.closes.length > 0, 'onClose')
      expect({ messages: atRight.messages.length, reason: atRight.closes[0]?.reason }).toEqual({
        messages: 20,
        reason: 'done',
      })
    })

    test('rule 4: destroy of a paused transport still ends in onClose', async () => {
      connectHandlers()
      right.pause()
      left.send(Uint8Array.of(1))
      await settle()
      right.destroy()
      await wait(() => atRight.closes.length > 0, 'onClose')
      expect(atRight.messages).toEqual([])
    })

    test('rule 5: no handler runs inside send, pause, resume, close or destroy', async () => {
      connectHandlers()
      atRight.onEachMessage = () => {
        right.pause()
        right.resume()
        right.send(new Uint8Array(chunkBytes))
      }
      for (let index = 0; index < 20; index++) left.send(new Uint8Array(chunkBytes))
      await wait(() => atLeft.messages.length === 20, 'all answers')
      left.close()
      await wait(() => atLeft.closes.length > 0 && atRight.closes.length > 0, 'both closes')
      left.destroy()
      right.destroy()
      await settle()
      expect({ atLeft: atLeft.calledInside, atRight: atRight.calledInside }).toEqual({ atLeft: [], atRight: [] })
    })

    test('rule 5: resume hands over what waits later, not itself', async () => {
      connectHandlers()
      atRight.onNextMessage = () => right.pause()
      for (let index = 0; index < 10; index++) left.send(Uint8Array.of(index))
      await wait(() => atRight.messages.length > 0, 'the first message')
      await settle()
      right.resume()
      const during = atRight.messages.length
      await wait(() => atRight.messages.length === 10, 'all messages')
      expect({ during, calledInside: atRight.calledInside }).toEqual({ during: 1, calledInside: [] })
    })

    test('rule 6: onClose comes exactly once when both ends close and destroy, repeatedly', async () => {
      connectHandlers()
      left.close()
      right.close()
      left.close()
      await wait(() => atLeft.closes.length > 0 && atRight.closes.length > 0, 'both closes')
      left.destroy()
      right.destroy()
      right.destroy()
      await settle()
      expect({ atLeft: atLeft.closes.length, atRight: atRight.closes.length }).toEqual({ atLeft: 1, atRight: 1 })
    })

    test('rule 6: onClose reaches a handler that is set after the end', async () => {
      right.destroy()
      await settle()
      connectHandlers()
      await wait(() => atRight.closes.length > 0, 'onClose')
      expect(atRight.closes.length).toBe(1)
    })

    test('close lets everything sent before it arrive, then tells the peer why', async () => {
      connectHandlers()
      for (let index = 0; index < 30; index++) left.send(new Uint8Array(chunkBytes))
      left.close({ code: 4001, reason: 'moving on' })
      await wait(() => atRight.closes.length > 0, 'onClose at the peer')
      expect({ messages: atRight.messages.length, firstClose: atRight.closes[0] }).toMatchObject({
        messages: 30,
        firstClose: { code: 4001, reason: 'moving on' },
      })
    })

    test('close reports its own reason to its own side', async () => {
      connectHandlers()
      left.close({ code: 4002, reason: 'enough' })
      await wait(() => atLeft.closes.length > 0, 'onClose')
      expect(atLeft.closes[0]).toMatchObject({ code: 4002, reason: 'enough' })
    })

    test('destroy reaches the peer as an abnormal end', async () => {
      connectHandlers()
      left.destroy()
      await wait(() => atRight.closes.length > 0, 'onClose at the peer')
      expect(atRight.closes[0]?.code).toBe(pair.destroyedCode ?? 1006)
    })

    test('roundTripMs is undefined or a duration', async () => {
      connectHandlers()
      left.send(Uint8Array.of(1))
      await wait(() => atRight.messages.length === 1, 'a message')
      expect(left.roundTripMs ?? 0).toBeGreaterThanOrEqual(0)
    })
  })
}

/** Sends `count` chunks, stopping at each false until onDrain; returns the most bytes that ever waited. */
async function sendPolitely(
  transport: TransportShape,
  handler: RecordingHandler,
  count: number,
  wait: (condition: () => boolean, what: string) => Promise<void>,
): Promise<number> {
  let mostBytes = 0
  for (let sent = 0; sent < count; sent++) {
    const drains = handler.drains
    const more = transport.send(new Uint8Array(chunkBytes))
    mostBytes = Math.max(mostBytes, transport.bufferedBytes)
    if (!more) await wait(() => handler.drains > drains, 'onDrain')
  }
  return mostBytes
}
