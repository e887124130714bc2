import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { FramePool } from '../memory/frame-pool.js'
import { MemoryBudget } from '../memory/memory-budget.js'
import { Sequencer } from './sequencer.js'

function makeSequencer(replayLimitBytes = 1_000_000, budget = new MemoryBudget({ limitBytes: 1e9 })) {
  const clock = new FakeClock()
  const acks: number[] = []
  const sequencer: Sequencer = new Sequencer({
    clock,
    replayLimitBytes,
    ack2: false,
    quantumBytes: 65_536,
    framePool: new FramePool(),
    budget,
    onAckDue: () => acks.push(sequencer.received),
    pump: () => {},
  })
  return { clock, acks, sequencer }
}

test('Sequencer asks for an Ack 50 ms after a message', () => {
  const { clock, acks, sequencer } = makeSequencer()
  sequencer.countReceived(10)
  clock.advance(49)
  const early = acks.length
  clock.advance(1)
  expect({ early, acks }).toEqual({ early: 0, acks: [1] })
})

test('Sequencer asks for an Ack immediately after 256 KiB, and not again for the same bytes', () => {
  const { clock, acks, sequencer } = makeSequencer()
  sequencer.countReceived(262_143)
  sequencer.countReceived(1)
  clock.advance(100)
  expect(acks).toEqual([2])
})

test('Sequencer.stop takes back the Ack that was due', () => {
  const { clock, acks, sequencer } = makeSequencer()
  sequencer.countReceived(262_143)
  sequencer.stop()
  sequencer.countReceived(1)
  expect({ acks: acks.length, pendingTimers: clock.pendingTimers }).toEqual({ acks: 0, pendingTimers: 1 })
})

test('Sequencer.full is true at the replay limit, the weight of small messages included', () => {
  const { sequencer } = makeSequencer(1000)
  for (let count = 0; count < 7; count++) sequencer.record(new Uint8Array(10))
  const before = sequencer.full
  sequencer.record(new Uint8Array(10))
  expect({ before, full: sequencer.full }).toEqual({ before: false, full: true })
})

test('Sequencer.nextLost gives what the peer lacks, in order, after restart', () => {
  const { sequencer } = makeSequencer()
  for (const size of [1, 2, 3, 4]) sequencer.record(new Uint8Array(size))
  sequencer.restart(2)
  const lost = [sequencer.nextLost(), sequencer.nextLost(), sequencer.nextLost()]
  expect(lost.map((message) => message?.length)).toEqual([3, 4, undefined])
})

test('Sequencer.restart refuses a peer that needs messages that are no longer kept', () => {
  const { sequencer } = makeSequencer()
  for (const size of [1, 2, 3]) sequencer.record(new Uint8Array(size))
  sequencer.onAck(2)
  expect({ canRestart: sequencer.canRestart(1), tooOld: sequencer.restart(1), restart: sequencer.restart(2) }).toEqual({
    canRestart: false,
    tooOld: false,
    restart: true,
  })
})

test('Sequencer.restart refuses a number that was never sent', () => {
  const { sequencer } = makeSequencer()
  expect(sequencer.restart(1)).toBe(false)
})

test('Sequencer.acknowledged refuses a number the new transport has not been given yet', () => {
  const { sequencer } = makeSequencer()
  for (const size of [1, 2]) sequencer.record(new Uint8Array(size))
  sequencer.restart(0)
  sequencer.nextLost()
  expect({ onAck2: sequencer.onAck(2), onAck1: sequencer.onAck(1) }).toEqual({ onAck2: false, onAck1: true })
})

test('Sequencer.clear leaves no timer and no bytes', () => {
  const { clock, sequencer } = makeSequencer()
  sequencer.countReceived(1)
  sequencer.record(new Uint8Array(5))
  sequencer.clear()
  expect({ pendingTimers: clock.pendingTimers, replayBytes: sequencer.replayBytes }).toEqual({
    pendingTimers: 0,
    replayBytes: 0,
  })
})

test('Sequencer is full while its budget is exceeded and it holds a part of that', () => {
  const budget = new MemoryBudget({ limitBytes: 200_000 })
  const { sequencer } = makeSequencer(1_000_000, budget)
  sequencer.record(new Uint8Array(100_000))
  budget.charge(150_000)
  const little = sequencer.full
  sequencer.record(new Uint8Array(100_000))
  const much = sequencer.full
  budget.release(150_000)
  expect({ little, much, full: sequencer.full }).toEqual({ little: false, much: true, full: false })
})
