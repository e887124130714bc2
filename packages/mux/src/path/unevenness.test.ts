import { expect, test } from 'vitest'
import { Unevenness } from './unevenness.js'

function after(...shares: number[]): Unevenness {
  const unevenness = new Unevenness()
  for (const share of shares) unevenness.learn(share)
  return unevenness
}

const rounds = (count: number, share: number): number[] => Array.from({ length: count }, () => share)

test('Unevenness treats a path as even at first', () => {
  expect(after().isUneven).toBe(false)
})

test('Unevenness ignores a single uneven round', () => {
  expect(after(0, 5, 0).isUneven).toBe(false)
})

test('Unevenness sees delays that stay uneven', () => {
  expect(after(...rounds(4, 0.6)).isUneven).toBe(true)
})

test('Unevenness still reports a path that has become somewhat less uneven', () => {
  expect(after(...rounds(4, 0.6), ...rounds(50, 0.2)).isUneven).toBe(true)
})

test('Unevenness no longer reports a path that has become even', () => {
  expect(after(...rounds(4, 0.6), ...rounds(12, 0)).isUneven).toBe(false)
})

test('Unevenness treats a suspected path as uneven until a few rounds are even', () => {
  const seen = [3, 4].map((count) => {
    const unevenness = new Unevenness()
    unevenness.suspect()
    for (const share of rounds(count, 0)) unevenness.learn(share)
    return unevenness.isUneven
  })
  expect(seen).toEqual([true, false])
})
