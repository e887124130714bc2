import { expect, test } from 'vitest'
import { windowLimitBytes } from './window-policy.js'

const sizes = { windowBytes: 4096, startWindowBytes: 262_144, maxWindowBytes: 16_777_216 }

test.each([
  ['all of the budget is left', 1, false, 16_777_216],
  ['an eighth is in use', 0.875, false, 16_777_216],
  ['a quarter is in use, for a consumer that has taken little', 0.75, false, 196_608],
  ['a quarter is in use, for one that has taken much', 0.75, true, 12_582_912],
  ['half is in use', 0.5, false, 87_381],
  ['four fifths are in use', 0.2, false, 13_981],
  ['four fifths are in use, for one that has taken much', 0.2, true, 894_784],
  ['nothing is left', 0, true, 4096],
  ['more is in use than there is', -1, true, 4096],
])('windowLimitBytes where %s', (_title, freePart, proven, bytes) => {
  expect(windowLimitBytes(freePart, proven, sizes)).toBe(bytes)
})

test('windowLimitBytes is never below the first credit, which the peer knows', () => {
  expect(windowLimitBytes(1, true, { windowBytes: 9000, startWindowBytes: 100, maxWindowBytes: 10 })).toBe(9000)
})

test('windowLimitBytes leaves something for the next, whatever number of windows stand still', () => {
  const budgetBytes = 134_217_728
  let usedBytes = 0
  const late: number[] = []
  for (let count = 1; count <= 3000; count++) {
    const bytes = windowLimitBytes(1 - usedBytes / budgetBytes, false, { ...sizes, maxWindowBytes: 262_144 })
    usedBytes += bytes
    if (count % 1000 === 0) late.push(bytes)
  }
  expect({ late, withinBudget: usedBytes < budgetBytes }).toEqual({ late: [27_263, 9133, 4522], withinBudget: true })
})
