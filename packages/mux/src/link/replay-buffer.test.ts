import { expect, test } from 'vitest'
import { messageOverheadBytes } from '../channel/held-message.js'
import { FramePool } from '../memory/frame-pool.js'
import { MemoryBudget } from '../memory/memory-budget.js'
import { ReplayBuffer } from './replay-buffer.js'

function filled(...sizes: number[]): ReplayBuffer {
  const buffer = new ReplayBuffer(new FramePool(), new MemoryBudget({ limitBytes: 0 }))
  for (const size of sizes) buffer.add(new Uint8Array(size))
  return buffer
}

test('ReplayBuffer numbers messages from 1', () => {
  const buffer = filled(1, 2, 3)
  expect({
    before: buffer.get(0),
    first: buffer.get(1)?.length,
    last: buffer.get(3)?.length,
    after: buffer.get(4),
  }).toEqual({ before: undefined, first: 1, last: 3, after: undefined })
})

test('ReplayBuffer.acknowledge drops everything up to its number', () => {
  const buffer = filled(1, 2, 3)
  buffer.acknowledge(2)
  expect({
    bytes: buffer.bytes,
    dropped: buffer.get(2),
    kept: buffer.get(3)?.length,
    lastSequence: buffer.lastSequence,
  }).toEqual({ bytes: 3, dropped: undefined, kept: 3, lastSequence: 3 })
})

test('ReplayBuffer.acknowledge refuses a number that was never given out', () => {
  expect(filled(1).acknowledge(2)).toBe(false)
})

test('ReplayBuffer.acknowledge takes an older number and changes nothing', () => {
  const buffer = filled(1, 2)
  buffer.acknowledge(2)
  expect({ acknowledge: buffer.acknowledge(1), acknowledged: buffer.acknowledged }).toEqual({
    acknowledge: true,
    acknowledged: 2,
  })
})

test('ReplayBuffer.memoryBytes counts what a tiny message weighs', () => {
  expect(filled(1, 1).memoryBytes).toBe(2 + 2 * 128)
})

test('ReplayBuffer.acknowledge returns the memory of dropped messages to the pool', () => {
  const framePool = new FramePool({ frameBytes: 100 })
  const buffer = new ReplayBuffer(framePool, new MemoryBudget({ limitBytes: 0 }))
  for (let message = 0; message < 3; message++) buffer.add(framePool.take(100))
  buffer.acknowledge(2)
  expect(framePool.idleBytes).toBe(200)
})

test('ReplayBuffer.clear returns no memory: a transport may still be sending it', () => {
  const framePool = new FramePool({ frameBytes: 100 })
  const buffer = new ReplayBuffer(framePool, new MemoryBudget({ limitBytes: 0 }))
  buffer.add(framePool.take(100))
  buffer.clear()
  expect(framePool.idleBytes).toBe(0)
})

test('ReplayBuffer charges its budget in steps of 4 KiB, and releases all of it', () => {
  const budget = new MemoryBudget({ limitBytes: 0 })
  const buffer = new ReplayBuffer(new FramePool(), budget)
  for (let count = 0; count < 3; count++) buffer.add(new Uint8Array(65_536))
  const kept = budget.usedBytes
  buffer.acknowledge(2)
  const fewer = budget.usedBytes
  buffer.clear()
  expect({ kept, fewer, usedBytes: budget.usedBytes }).toEqual({ kept: 3 * 65_536, fewer: 65_536, usedBytes: 0 })
})

test('ReplayBuffer.settle charges each byte, until the next change', () => {
  const budget = new MemoryBudget({ limitBytes: 0 })
  const buffer = new ReplayBuffer(new FramePool(), budget)
  buffer.add(new Uint8Array(1000))
  const running = budget.usedBytes
  buffer.settle()
  const settled = budget.usedBytes
  buffer.acknowledge(1)
  expect({ running, settled, usedBytes: budget.usedBytes }).toEqual({
    running: 0,
    settled: buffer.memoryBytes + 1000 + messageOverheadBytes,
    usedBytes: 0,
  })
})
