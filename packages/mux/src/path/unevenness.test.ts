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

/** Delays of a path that was even for a while, and is not now. */
const newlyUneven = [...rounds(8, 0), ...rounds(3, 0.6)]

test('Unevenness puts a path on trial that was even for long', () => {
  const { isOnTrial, isUneven } = after(...newlyUneven)
  expect({ isOnTrial, isUneven }).toEqual({ isOnTrial: true, isUneven: false })
})

test('Unevenness needs no trial on a path that was uneven from the first round', () => {
  const { isOnTrial, isUneven } = after(0, 0, ...rounds(4, 0.6))
  expect({ isOnTrial, isUneven }).toEqual({ isOnTrial: false, isUneven: true })
})

test.each([
  { name: 'delays that end with the queue are an overflow', shares: rounds(5, 0), trial: false, uneven: false },
  { name: 'one stall is no loss', shares: [0.6, 0, 0, 0, 0], trial: false, uneven: false },
  { name: 'two stalls are losses', shares: [0.6, 0.6], trial: false, uneven: true },
  { name: 'small delays that stay are losses', shares: rounds(5, 0.2), trial: false, uneven: true },
  { name: 'four even rounds are too few', shares: rounds(4, 0), trial: true, uneven: false },
])('Unevenness decides in a trial: $name', ({ shares, trial, uneven }) => {
  const { isOnTrial, isUneven } = after(...newlyUneven, ...shares)
  expect({ isOnTrial, isUneven }).toEqual({ isOnTrial: trial, isUneven: uneven })
})
