import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { MemoryBudget } from '../memory/memory-budget.js'
import { IdleWindows } from './idle-windows.js'
import { ReceiveWindow } from './receive-window.js'

function makeWindow() {
  const clock = new FakeClock()
  const budget = new MemoryBudget({ limitBytes: 1_000_000 })
  const idleWindows = new IdleWindows(clock)
  const sizes = { windowBytes: 1000, startWindowBytes: 2000, maxWindowBytes: 8000 }
  const window = new ReceiveWindow({ clock, ...sizes, budget, idleWindows })
  return { clock, budget, window }
}

test('ReceiveWindow.open grants what the peer does not know of yet', () => {
  const { budget, window } = makeWindow()
  expect({ open: window.open(), creditBytes: window.creditBytes, reservedBytes: budget.reservedBytes }).toEqual({
    open: 1000,
    creditBytes: 2000,
    reservedBytes: 2000,
  })
})

test('IdleWindows returns all but the first credit of an idle window to the budget', () => {
  const { clock, budget, window } = makeWindow()
  window.open()
  clock.advance(10_000)
  expect({ reservedBytes: budget.reservedBytes, creditBytes: window.creditBytes }).toEqual({
    reservedBytes: 1000,
    creditBytes: 2000,
  })
})

test('IdleWindows does not shrink a window whose consumer has stopped: it is in use', () => {
  const { clock, budget, window } = makeWindow()
  window.open()
  window.spend(1)
  clock.advance(60_000)
  expect(budget.reservedBytes).toBe(2000)
})

test('ReceiveWindow reserves its returned budget again with the next byte', () => {
  const { clock, budget, window } = makeWindow()
  window.open()
  clock.advance(10_000)
  window.spend(1)
  expect(budget.reservedBytes).toBe(2000)
})

test('ReceiveWindow halves when it takes more than 10 s to go through once', () => {
  const { clock, window } = makeWindow()
  window.open()
  window.spend(2000)
  window.consume(2000, 1)
  const grown = window.sizeBytes
  window.spend(4000)
  clock.advance(10_001)
  window.consume(4000, 1)
  expect({ grown, sizeBytes: window.sizeBytes }).toEqual({ grown: 4000, sizeBytes: 2000 })
})

test('IdleWindows leaves no timer behind once the last window is closed', () => {
  const { clock, window } = makeWindow()
  window.open()
  window.close()
  expect(clock.pendingTimers).toBe(0)
})
