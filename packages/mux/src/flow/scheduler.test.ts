import { channelKey } from '@ls/codec'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FramePool } from '../memory/frame-pool.js'
import { Flow } from './flow.js'
import { Scheduler } from './scheduler.js'

const quantumBytes = 1000

const owner = { onDrain: () => {}, onSent: () => {}, onFinished: () => {} }

function makeFlow(number: number, creditBytes = Infinity): Flow {
  const framePool = new FramePool()
  return new Flow({ channelId: new Uint8Array(16).fill(number), owner, highWaterBytes: 1, creditBytes, framePool })
}

function bulk(scheduler: Scheduler, number: number, messages: number): Flow {
  const flow = makeFlow(number)
  flow.pushPayload(new Uint8Array(messages * quantumBytes))
  scheduler.activate(flow)
  return flow
}

/** Returns the flows, by number, of the next `count` messages; 0 for control. */
function next(scheduler: Scheduler, count: number): number[] {
  const numbers: number[] = []
  for (let message = scheduler.next(); message !== undefined; message = scheduler.next()) {
    numbers.push(message.length < 16 ? 0 : channelKey(message, 3).charCodeAt(0) & 0xff)
    if (numbers.length === count) break
  }
  return numbers
}

test('Scheduler takes flows that are always full in turn', () => {
  const scheduler = new Scheduler(quantumBytes)
  for (const number of [1, 2, 3]) bulk(scheduler, number, 10)
  expect(next(scheduler, 9)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3])
})

test('Scheduler gives large and small messages the same share of bytes', () => {
  const scheduler = new Scheduler(quantumBytes)
  const large = makeFlow(1)
  const small = makeFlow(2)
  for (let count = 0; count < 100; count++) large.pushMessage(bytesOf(1, 5000), 0)
  for (let count = 0; count < 5000; count++) small.pushMessage(bytesOf(2, 100), 0)
  scheduler.activate(large)
  scheduler.activate(small)
  const taken = next(scheduler, 1000)
  const largeBytes = taken.filter((number) => number === 1).length * 5000
  const smallBytes = taken.filter((number) => number === 2).length * 100
  expect(Math.abs(largeBytes - smallBytes)).toBeLessThanOrEqual(5000 + quantumBytes)
})

test('Scheduler sends control messages first', () => {
  const scheduler = new Scheduler(quantumBytes)
  bulk(scheduler, 1, 10)
  next(scheduler, 3)
  scheduler.pushControl(new Uint8Array(2))
  expect(next(scheduler, 2)).toEqual([0, 1])
})

test('Scheduler sends a small write beside bulk next', () => {
  const scheduler = new Scheduler(quantumBytes)
  for (let number = 1; number <= 8; number++) bulk(scheduler, number, 10)
  next(scheduler, 20)
  const keystroke = makeFlow(99)
  keystroke.pushPayload(new Uint8Array(1))
  scheduler.activate(keystroke)
  expect(next(scheduler, 1)).toEqual([99])
})

test('Scheduler lets no flow that keeps writing small starve bulk', () => {
  const scheduler = new Scheduler(quantumBytes)
  bulk(scheduler, 1, 50)
  const chatty = makeFlow(2)
  const taken: number[] = []
  for (let turn = 0; turn < 100; turn++) {
    chatty.pushPayload(new Uint8Array(200))
    scheduler.activate(chatty)
    taken.push(...next(scheduler, 1))
  }
  expect(taken.filter((number) => number === 1).length).toBeGreaterThanOrEqual(15)
})

test('Scheduler passes over a flow without credit, and takes it up when credit comes', () => {
  const scheduler = new Scheduler(quantumBytes)
  const blocked = makeFlow(1, 0)
  blocked.pushPayload(new Uint8Array(10))
  scheduler.activate(blocked)
  bulk(scheduler, 2, 2)
  const before = next(scheduler, 10)
  blocked.addCredit(10)
  scheduler.activate(blocked)
  expect({ before, next: next(scheduler, 10) }).toEqual({ before: [2, 2], next: [1] })
})

test('Scheduler.nextUrgent leaves bulk alone', () => {
  const scheduler = new Scheduler(quantumBytes)
  bulk(scheduler, 1, 10)
  next(scheduler, 2)
  expect({ nextUrgent: scheduler.nextUrgent(), nextBulk: scheduler.nextBulk()?.length }).toEqual({
    nextUrgent: undefined,
    nextBulk: 24 + quantumBytes,
  })
})

test('Scheduler gives flows with different loads their share, and sends everything', () => {
  const habits = fc.array(fc.array(fc.integer({ min: 1, max: 4000 }), { maxLength: 20 }), {
    minLength: 1,
    maxLength: 8,
  })
  fc.assert(
    fc.property(habits, fc.array(fc.nat(5), { minLength: 20, maxLength: 20 }), (writes, rhythm) => {
      const scheduler = new Scheduler(quantumBytes)
      const flows = writes.map((_, index) => makeFlow(index + 1))
      let expected = 0
      let came = 0
      const take = (count: number): void => {
        for (let taken = 0; taken < count; taken++) came += (scheduler.next()?.length ?? 24) - 24
      }
      for (let round = 0; round < 20; round++) {
        for (const [index, flow] of flows.entries()) {
          const size = writes[index]?.[round] ?? 0
          expected += size
          flow.pushPayload(new Uint8Array(size))
          scheduler.activate(flow)
        }
        take(rhythm[round] ?? 0)
      }
      take(10_000)
      expect(came).toBe(expected)
    }),
  )
})

test('Scheduler.controlBytes counts waiting control messages with their weight, and goes back to 0', () => {
  const scheduler = new Scheduler(quantumBytes)
  scheduler.pushControl(new Uint8Array(22))
  const waiting = scheduler.controlBytes
  scheduler.next()
  expect({ waiting, controlBytes: scheduler.controlBytes }).toEqual({ waiting: 150, controlBytes: 0 })
})

function bytesOf(number: number, length: number): Uint8Array {
  return new Uint8Array(length).fill(number)
}
