import { expect, test } from 'vitest'
import { Reloads } from './reloads.js'

test('Reloads has nothing to say before the first', () => {
  expect(new Reloads().snapshot()).toBeUndefined()
})

test('Reloads counts what became of each, and keeps the time of the last success', () => {
  const reloads = new Reloads()
  reloads.add(new Error('a mistake'))
  expect(reloads.snapshot()).toEqual({ succeeded: 0, failed: 1, lastSuccessAtMs: undefined })
  reloads.add([])
  expect(reloads.snapshot()).toEqual({ succeeded: 1, failed: 1, lastSuccessAtMs: expect.any(Number) as number })
})
