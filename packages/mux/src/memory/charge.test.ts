import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Charge } from './charge.js'
import { MemoryBudget } from './memory-budget.js'

test('Charge.update counts whole steps only', () => {
  const budget = new MemoryBudget({ limitBytes: 1000 })
  const charge = new Charge(budget, 100)
  const seen = [99, 250, 299, 300, 299, 0].map((heldBytes) => {
    charge.update(heldBytes)
    return budget.usedBytes
  })
  expect(seen).toEqual([0, 200, 200, 300, 200, 0])
})

test('Charge.update leaves less than a step uncounted, and counts nothing that is not held', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.array(fc.nat(20_000)), (stepBytes, held) => {
      const budget = new MemoryBudget({ limitBytes: 1 })
      const charge = new Charge(budget, stepBytes)
      return held.every((heldBytes) => {
        charge.update(heldBytes)
        const uncounted = heldBytes - budget.usedBytes
        return uncounted >= 0 && uncounted < stepBytes && charge.bytes === budget.usedBytes
      })
    }),
  )
})

test('Charge.settle counts less than a step, and the next update releases it', () => {
  const budget = new MemoryBudget({ limitBytes: 1000 })
  const charge = new Charge(budget, 100)
  charge.settle(150)
  const settled = budget.usedBytes
  charge.update(149)
  expect({ settled, usedBytes: budget.usedBytes }).toEqual({ settled: 150, usedBytes: 100 })
})
