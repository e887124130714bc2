import { FakeClock, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { FramePool } from '../memory/frame-pool.js'
import { MemoryBudget } from '../memory/memory-budget.js'
import { PathControl } from '../path/path-control.js'
import type { PathLimitOptions } from '../path/path-limit.js'
import { StartLimit } from '../path/start-limit.js'
import { wholeParts } from '../whole-parts.js'
import { type SequencedSession, Sequencer, type SequencerOptions } from './sequencer.js'

function makeSequencer({
  replayLimitBytes = 1_000_000,
  budget = new MemoryBudget({ limitBytes: 1e9 }),
  ack2 = false,
  parts = wholeParts,
}: Partial<SequencedSession & Pick<SequencerOptions, 'parts'>> = {}) {
  const clock = new FakeClock()
  const acks: number[] = []
  const pumped: number[] = []
  const session = { clock, replayLimitBytes, ack2, quantumBytes: 65_536, framePool: new FramePool(), budget }
  const sequencer: Sequencer = new Sequencer({
    session,
    parts,
    onAckDue: () => acks.push(sequencer.received),
    pump: () => pumped.push(clock.now()),
  })
  return { clock, acks, pumped, sequencer }
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
  const { sequencer } = makeSequencer({ replayLimitBytes: 1000 })
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
  const { sequencer } = makeSequencer({ budget })
  sequencer.record(new Uint8Array(100_000))
  budget.charge(150_000)
  const little = sequencer.full
  sequencer.record(new Uint8Array(100_000))
  const much = sequencer.full
  budget.release(150_000)
  expect({ little, much, full: sequencer.full }).toEqual({ little: false, much: true, full: false })
})

test('Sequencer lets a limit that was loaded measure the path', async () => {
  const load = () => Promise.resolve((options: PathLimitOptions) => new PathControl(options))
  const parts = { pathLimit: (options: PathLimitOptions) => new StartLimit({ ...options, load }) }
  const { clock, pumped, sequencer } = makeSequencer({ ack2: true, parts })
  const saturated: boolean[] = []
  for (let round = 1; round <= 3; round++) {
    for (let count = 0; count < 40; count++) sequencer.record(new Uint8Array(1000))
    saturated.push(sequencer.saturated)
    await until(() => pumped.length === 1, 'the limit that is loaded in the first round')
    clock.advance(50)
    sequencer.onAck(40 * round, { atUs: clock.now() * 1000, delayUs: 0 })
  }
  // The first two rounds have the limit of the start. The second one is measured, so the third has twice as much.
  expect(saturated).toEqual([true, true, false])
})
