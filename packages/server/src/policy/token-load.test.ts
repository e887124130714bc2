import { describe, expect, test } from 'vitest'
import { rateShare } from './token-load.js'

const rate = 1000

describe('rateShare', () => {
  test('is all of the rate where no other node uses it', () => {
    expect(rateShare({ rate, others: [0, 0], before: 10 })).toBe(rate)
  })

  test('is what another node leaves', () => {
    expect(rateShare({ rate, others: [200], before: 1000 })).toBe(800)
  })

  test('is at least an equal part', () => {
    expect(rateShare({ rate, others: [1000, 900], before: 1000 })).toBeCloseTo(333.3, 1)
  })

  test('grows by half of the way', () => {
    expect(rateShare({ rate, others: [200], before: 500 })).toBe(650)
  })

  test.each([
    ['two nodes that want all', [Infinity, Infinity]],
    ['three nodes that want all', [Infinity, Infinity, Infinity]],
    ['one that wants little', [100, Infinity, Infinity]],
    ['one that wants very little', [1, Infinity, Infinity, 50]],
  ])('gives the whole rate to %s, after some seconds', (_what, wanted) => {
    let shares = wanted.map(() => rate)
    for (let second = 0; second < 20; second++) {
      const used = shares.map((share, node) => Math.min(share, wanted[node]!))
      shares = shares.map((before, node) => rateShare({ rate, others: used.toSpliced(node, 1), before }))
    }
    const total = shares.reduce((sum, share, node) => sum + Math.min(share, wanted[node]!), 0)
    expect(total / rate).toBeCloseTo(1, 1)
  })
})
