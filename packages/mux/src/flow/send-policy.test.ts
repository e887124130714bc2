import { describe, expect, test } from 'vitest'
import { readAheadBytes, sendQueueLimitBytes } from './send-policy.js'

describe('readAheadBytes', () => {
  test.each([
    ['a full read while memory is plentiful', 0, 1, 65_536],
    ['what the peer takes once a sixteenth is in use', 20_000, 15 / 16, 20_000],
    ['a full read where the peer takes more', 100_000, 0.5, 65_536],
    ['at least a few KiB, so that reads are not tiny', 1, 0.5, 4096],
    ['no less when nothing is left', -5, -1, 4096],
    ['a full read of a peer without windows', Infinity, 0, 65_536],
  ])('is %s', (_title, creditBytes, freePart, bytes) => {
    expect(readAheadBytes(creditBytes, freePart, 65_536)).toBe(bytes)
  })
})

describe('sendQueueLimitBytes', () => {
  test.each([
    ['the option while memory is plentiful', 1, 131_072, 131_072],
    ['a quarter when half is left', 0.5, 131_072, 32_768],
    ['at least a few KiB', 0, 131_072, 4096],
    ['no less when more is in use than there is', -1, 131_072, 4096],
    ['never more than the option', 0, 10, 10],
  ])('is %s', (_title, freePart, mostBytes, bytes) => {
    expect(sendQueueLimitBytes(freePart, mostBytes)).toBe(bytes)
  })

  test('leaves something of the budget, whatever number of queues stand still', () => {
    const budgetBytes = 134_217_728
    let usedBytes = 0
    for (let count = 0; count < 3000; count++) usedBytes += sendQueueLimitBytes(1 - usedBytes / budgetBytes, 131_072)
    expect(usedBytes).toBeLessThan(budgetBytes)
  })
})
