import { expect, test } from 'vitest'
import { detached } from './held-message.js'

test('detached copies a short view, so that the chunk below it is not kept', () => {
  const chunk = Buffer.alloc(65_536, 7)
  const kept = detached(chunk.subarray(100, 125))
  expect({ byteLength: kept.buffer.byteLength, kept: [...kept.subarray(0, 2)] }).toEqual({
    byteLength: 25,
    kept: [7, 7],
  })
})

test('detached does not copy what makes up a third of its buffer', () => {
  const bytes = new Uint8Array(100)
  expect(detached(bytes.subarray(0, 40)).buffer).toBe(bytes.buffer)
})
