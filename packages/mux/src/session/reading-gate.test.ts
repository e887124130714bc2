import { type ChannelKey, channelKey } from '@ls/codec'
import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { ReadingGate } from './reading-gate.js'
import type { TableEntry } from './table-entry.js'

class StuckEntry implements TableEntry {
  readonly id = new Uint8Array(16)
  readonly key: ChannelKey = channelKey(this.id)
  idleChecks = 0
  relieved = false
  readonly aborts: string[] = []
  onMessage(): void {}
  onSessionClosed(): void {}
  abort(error: string): void {
    this.aborts.push(error)
  }
}

function makeGate() {
  const clock = new FakeClock()
  const changes: boolean[] = []
  const reader = { pause: () => void changes.push(true), resume: () => void changes.push(false) }
  const gate = new ReadingGate({ clock, timeoutMs: 1000, readers: () => [reader] })
  return { clock, changes, gate }
}

test('ReadingGate closes for the first holder and opens after the last', () => {
  const { gate, changes } = makeGate()
  const [one, other] = [new StuckEntry(), new StuckEntry()]
  gate.hold(one)
  gate.hold(other)
  gate.hold(one)
  gate.release(one)
  const between = [...changes]
  gate.release(other)
  gate.release(other)
  expect({ between, changes }).toEqual({ between: [true], changes: [true, false] })
})

test('ReadingGate.recheck releases only relieved channels', () => {
  const { gate, changes } = makeGate()
  const [one, other] = [new StuckEntry(), new StuckEntry()]
  gate.hold(one)
  gate.hold(other)
  one.relieved = true
  gate.recheck()
  const closed = gate.closed
  other.relieved = true
  gate.recheck()
  expect({ closed, changes }).toEqual({ closed: true, changes: [true, false] })
})

test('ReadingGate aborts a holder at the deadline with a reason, and opens', () => {
  const { gate, clock, changes } = makeGate()
  const entry = new StuckEntry()
  gate.hold(entry)
  clock.advance(999)
  const early = entry.aborts.length
  clock.advance(1)
  expect({ early, aborts: entry.aborts, changes }).toEqual({
    early: 0,
    aborts: ['timeout: its unread data blocked all channels for 1000 ms'],
    changes: [true, false],
  })
})

test('ReadingGate notices by itself that a holder is relieved, and spares it', () => {
  const { gate, clock, changes } = makeGate()
  const entry = new StuckEntry()
  gate.hold(entry)
  clock.advance(500)
  entry.relieved = true
  clock.advance(100)
  expect({ aborts: entry.aborts, changes, pendingTimers: clock.pendingTimers }).toEqual({
    aborts: [],
    changes: [true, false],
    pendingTimers: 0,
  })
})

test('ReadingGate gives each holder the whole deadline', () => {
  const { gate, clock } = makeGate()
  const [one, other] = [new StuckEntry(), new StuckEntry()]
  gate.hold(one)
  clock.advance(500)
  gate.hold(other)
  clock.advance(900)
  expect({ one: one.aborts.length, other: other.aborts.length }).toEqual({ one: 1, other: 0 })
})
