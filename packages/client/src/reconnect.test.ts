import { expect, test } from 'vitest'
import { ReconnectDelay } from './reconnect.js'

test('ReconnectDelay grows by half up to its maximum', () => {
  const delay = new ReconnectDelay({ firstMs: 1000, maxMs: 3000, random: () => 0.5 })
  expect([1, 2, 3, 4, 5].map(() => delay.next())).toEqual([1000, 1500, 2250, 3000, 3000])
})

test('ReconnectDelay spreads attempts by a quarter either way', () => {
  const low = new ReconnectDelay({ firstMs: 1000, maxMs: 3000, random: () => 0 })
  const high = new ReconnectDelay({ firstMs: 1000, maxMs: 3000, random: () => 1 })
  expect([low.next(), high.next()]).toEqual([750, 1250])
})

test('ReconnectDelay starts over after a success', () => {
  const delay = new ReconnectDelay({ firstMs: 1000, maxMs: 3000, random: () => 0.5 })
  delay.next()
  delay.next()
  delay.reset()
  expect(delay.next()).toBe(1000)
})
