import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { AckSchedule } from './ack-schedule.js'

function makeSchedule(prompt: boolean) {
  const clock = new FakeClock(1000)
  const dueAtMs: number[] = []
  const schedule = new AckSchedule(clock, prompt, () => {
    dueAtMs.push(clock.now())
    schedule.takeArrival()
  })
  return { clock, dueAtMs, schedule }
}

test('AckSchedule with ack2 has an Ack due with the second bulk message', () => {
  const { dueAtMs, schedule } = makeSchedule(true)
  schedule.received(1400)
  schedule.received(1400)
  expect(dueAtMs).toEqual([1000])
})

test('AckSchedule with ack2 lets small messages wait for 50 ms', () => {
  const { clock, dueAtMs, schedule } = makeSchedule(true)
  for (let count = 0; count < 4; count++) schedule.received(20)
  clock.advance(60)
  expect(dueAtMs).toEqual([1050])
})

test('AckSchedule with ack2 has an Ack due each 5 ms at most', () => {
  const { clock, dueAtMs, schedule } = makeSchedule(true)
  for (let ms = 0; ms < 20; ms++) {
    for (let count = 0; count < 4; count++) schedule.received(1400)
    clock.advance(1)
  }
  expect(dueAtMs).toEqual([1000, 1005, 1010, 1015, 1020])
})

test('AckSchedule without ack2 lets two messages wait for 50 ms', () => {
  const { clock, dueAtMs, schedule } = makeSchedule(false)
  schedule.received(1400)
  schedule.received(1400)
  clock.advance(60)
  expect(dueAtMs).toEqual([1050])
})

test('AckSchedule.takeArrival says when the last message arrived, and how long ago', () => {
  const { clock, schedule } = makeSchedule(true)
  schedule.received(100)
  clock.advance(3)
  expect(schedule.takeArrival()).toEqual({ atUs: 1_000_000, delayUs: 3000 })
})
