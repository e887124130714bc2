import { expect, test } from 'vitest'
import { MemoryBudget } from './memory-budget.js'
import { SharedBudget } from './shared-budget.js'

test('MemoryBudget refuses a limit that is no whole number, and names it', () => {
  expect(() => new MemoryBudget({ limitBytes: -1 })).toThrow('limitBytes is -1')
})

test('MemoryBudget.reserve takes what fits and nothing of what does not', () => {
  const budget = new MemoryBudget({ limitBytes: 100 })
  expect({
    first: budget.reserve(60),
    tooMuch: budget.reserve(41),
    rest: budget.reserve(40),
    reservedBytes: budget.reservedBytes,
  }).toEqual({ first: true, tooMuch: false, rest: true, reservedBytes: 100 })
})

test('MemoryBudget.reserve has to fit the parent, and changes neither where it does not', () => {
  const parent = new SharedBudget({ limitBytes: 50 })
  const budget = new MemoryBudget({ limitBytes: 100 }, parent)
  expect({ reserve: budget.reserve(51), budget: budget.reservedBytes, parent: parent.reservedBytes }).toEqual({
    reserve: false,
    budget: 0,
    parent: 0,
  })
})

test('MemoryBudget counts promises and memory apart', () => {
  const budget = new MemoryBudget({ limitBytes: 100 })
  budget.reserve(100)
  budget.charge(100)
  expect(budget.exceeded).toBe(false)
})

test('MemoryBudget is exceeded once memory passes the limit, and no more when it is released', () => {
  const budget = new MemoryBudget({ limitBytes: 100 })
  budget.charge(101)
  const before = budget.exceeded
  budget.release(1)
  expect({ before, exceeded: budget.exceeded }).toEqual({ before: true, exceeded: false })
})

test('MemoryBudget is exceeded with its parent where it holds more than its siblings, and not where it holds less', () => {
  const parent = new SharedBudget({ limitBytes: 100 })
  const [one, other] = [new MemoryBudget({ limitBytes: 100 }, parent), new MemoryBudget({ limitBytes: 100 }, parent)]
  one.charge(101)
  other.charge(1)
  expect({ one: one.exceeded, other: other.exceeded }).toEqual({ one: true, other: false })
})

test('MemoryBudget passes cancel and release on to its parent', () => {
  const parent = new SharedBudget({ limitBytes: 100 })
  const budget = new MemoryBudget({ limitBytes: 100 }, parent)
  budget.reserve(10)
  budget.charge(20)
  budget.cancel(10)
  budget.release(20)
  expect({ reservedBytes: parent.reservedBytes, usedBytes: parent.usedBytes }).toEqual({
    reservedBytes: 0,
    usedBytes: 0,
  })
})

test('MemoryBudget.onExceeded is told of a charge in a child that passes the limit of all', () => {
  const seen: number[] = []
  const parent: SharedBudget = new SharedBudget({ limitBytes: 100, onExceeded: () => seen.push(parent.usedBytes) })
  const budget = new MemoryBudget({ limitBytes: 1000 }, parent)
  budget.charge(100)
  budget.charge(1)
  expect(seen).toEqual([101])
})

test('MemoryBudget.close releases the rest, and later releases do not count', () => {
  const parent = new SharedBudget({ limitBytes: 100 })
  const budget = new MemoryBudget({ limitBytes: 100 }, parent)
  budget.charge(10)
  budget.promise(20)
  budget.close()
  budget.release(10)
  budget.cancel(20)
  expect({ usedBytes: parent.usedBytes, reservedBytes: parent.reservedBytes }).toEqual({
    usedBytes: 0,
    reservedBytes: 0,
  })
})
