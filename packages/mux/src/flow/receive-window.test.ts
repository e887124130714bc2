import { FakeClock } from '@ls/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MemoryBudget } from '../memory/memory-budget.js'
import { IdleWindows } from './idle-windows.js'
import { ReceiveWindow } from './receive-window.js'

interface TestOptions {
  windowBytes?: number
  startWindowBytes?: number
  maxWindowBytes?: number
  budgetBytes?: number
}

function makeWindow(options: TestOptions = {}) {
  const { windowBytes = 1000, maxWindowBytes = 8000, budgetBytes = 1_000_000 } = options
  const clock = new FakeClock()
  const budget = new MemoryBudget({ limitBytes: budgetBytes })
  const { startWindowBytes = windowBytes } = options
  const idleWindows = new IdleWindows(clock)
  const sizes = { windowBytes, startWindowBytes, maxWindowBytes }
  return { clock, budget, window: new ReceiveWindow({ clock, ...sizes, budget, idleWindows }) }
}

test('ReceiveWindow.spend takes exactly the credit that was granted', () => {
  const { window } = makeWindow()
  expect({ all: window.spend(1000), further: window.spend(1) }).toEqual({ all: true, further: false })
})

test('ReceiveWindow.consume grants nothing before a quarter of the window was consumed', () => {
  const { window, clock } = makeWindow()
  window.spend(1000)
  clock.advance(5000)
  expect({ belowQuarter: window.consume(249, 1), quarter: window.consume(1, 1) }).toEqual({
    belowQuarter: 0,
    quarter: 250,
  })
})

test('ReceiveWindow doubles when as much as it holds went through within two round trips', () => {
  const { window, clock } = makeWindow()
  window.spend(1000)
  clock.advance(80)
  expect({ consume: window.consume(1000, 40), sizeBytes: window.sizeBytes }).toEqual({ consume: 2000, sizeBytes: 2000 })
})

test('ReceiveWindow keeps its size when its sender takes longer than two round trips', () => {
  const { window, clock } = makeWindow()
  window.spend(1000)
  clock.advance(81)
  expect({ consume: window.consume(1000, 40), sizeBytes: window.sizeBytes }).toEqual({ consume: 1000, sizeBytes: 1000 })
})

test.each([
  ['10 ms for a round trip where the measured one is shorter', 0.2, 20],
  ['300 ms for a round trip that was not measured', undefined, 600],
])('ReceiveWindow takes %s', (_title, roundTripMs, elapsedMs) => {
  const { window, clock } = makeWindow()
  window.spend(1000)
  clock.advance(elapsedMs)
  window.consume(1000, roundTripMs)
  expect(window.sizeBytes).toBe(2000)
})

test('ReceiveWindow grows on a long path where messages do not divide it evenly', () => {
  const { window, clock } = makeWindow({ windowBytes: 10_000, maxWindowBytes: 40_000 })
  let creditBytes = 10_000
  for (let round = 0; round < 8; round++) {
    // Bytes granted in one round trip arrive in the next, all together.
    const arrivingBytes = creditBytes
    creditBytes = 0
    clock.advance(201)
    for (let left = arrivingBytes; left > 0; left -= 3274) {
      const bytes = Math.min(left, 3274)
      window.spend(bytes)
      creditBytes += window.consume(bytes, 200)
    }
  }
  expect(window.sizeBytes).toBe(40_000)
})

test('ReceiveWindow does not grow past its limit', () => {
  const { window } = makeWindow({ maxWindowBytes: 1700 })
  window.spend(1000)
  window.consume(1000, 10)
  expect(window.sizeBytes).toBe(1700)
})

test('ReceiveWindow never shrinks to a limit below its first size', () => {
  const { window } = makeWindow({ maxWindowBytes: 10 })
  window.spend(1000)
  expect({ consume: window.consume(1000, 10), sizeBytes: window.sizeBytes }).toEqual({ consume: 1000, sizeBytes: 1000 })
})

test('ReceiveWindow does not grow where the budget is used up', () => {
  const { window } = makeWindow({ budgetBytes: 999 })
  window.spend(1000)
  window.consume(1000, 10)
  expect(window.sizeBytes).toBe(1000)
})

test('ReceiveWindow.close returns its whole promise to the budget', () => {
  const { window, budget } = makeWindow()
  window.spend(1000)
  window.consume(1000, 10)
  const reserved = budget.reservedBytes
  window.close()
  expect({ reserved, reservedBytes: budget.reservedBytes }).toEqual({ reserved: 2000, reservedBytes: 0 })
})

test('ReceiveWindow: credit, held and consumed bytes always add up to its size, and half of it comes back in the end', () => {
  const step = fc.record({ spend: fc.nat(5000), consumePercent: fc.nat(100), ms: fc.nat(50) })
  fc.assert(
    fc.property(fc.array(step), (list) => {
      const { window, clock } = makeWindow()
      let peerCredit = 1000
      for (const { spend, consumePercent, ms } of list) {
        clock.advance(ms)
        const bytes = Math.min(spend, peerCredit)
        expect(window.spend(bytes)).toBe(true)
        peerCredit -= bytes
        peerCredit += window.consume(Math.floor((window.heldBytes * consumePercent) / 100), 20)
        expect(peerCredit).toBe(window.creditBytes)
      }
      peerCredit += window.consume(window.heldBytes, 20)
      // Credit for a compressed message (`maxCompressedBytes`) must arrive some time, since it is never split.
      expect(peerCredit).toBeGreaterThanOrEqual(500)
    }),
  )
})
