import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ledger } from './ledger.js'
import { SharedLedger } from './shared-ledger.js'

/** A process of `shares` tenants with two sessions each. */
function makeTree(limitBytes: number, shares: number, tenants: number) {
  const root = new SharedLedger({ limitBytes, shares })
  const middle = Array.from({ length: tenants }, () => new SharedLedger({ limitBytes }, root))
  const leaves = middle.flatMap((tenant) => [tenant.member(limitBytes), tenant.member(limitBytes)])
  return { root, middle, leaves }
}

const steps = fc.array(fc.record({ who: fc.nat(7), bytes: fc.integer({ min: -400, max: 400 }) }), { maxLength: 60 })

/** Takes and returns bytes at random; a leaf never returns more than it has. */
function run(leaves: Ledger[], taken: { who: number; bytes: number }[]): void {
  for (const { who, bytes } of taken) {
    const leaf = leaves[who % leaves.length]!
    if (bytes >= 0) leaf.take(bytes)
    else leaf.add(-Math.min(-bytes, leaf.bytes))
  }
}

test('Ledger.take keeps each ledger within its limit, and each parent at the sum of its members', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const { root, middle, leaves } = makeTree(1000, 4, 4)
      run(leaves, taken)
      const sums = middle.map((_, index) => leaves[2 * index]!.bytes + leaves[2 * index + 1]!.bytes)
      expect(middle.map(({ bytes }) => bytes)).toEqual(sums)
      expect(root.bytes).toBe(sums.reduce((sum, bytes) => sum + bytes, 0))
      expect(root.bytes).toBeLessThanOrEqual(1000)
    }),
  )
})

test('Ledger.take always gives a member its share, whatever the others hold', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const { root, middle, leaves } = makeTree(1000, 4, 4)
      run(leaves, taken)
      for (const [index, tenant] of middle.entries()) {
        const bytes = Math.max(0, root.shareBytes - tenant.bytes)
        expect(leaves[2 * index]!.take(bytes)).toBe(true)
      }
    }),
  )
})

test('Ledger.close returns everything, in any order', () => {
  fc.assert(
    fc.property(steps, fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), (taken, order) => {
      const { root, middle, leaves } = makeTree(1000, 4, 4)
      run(leaves, taken)
      for (const index of order) leaves[index]!.close()
      for (const tenant of middle) tenant.close()
      expect({ bytes: root.bytes, freePart: root.freePart }).toEqual({ bytes: 0, freePart: 1 })
    }),
  )
})

test('Ledger.overdrawn returns an owner only when more is held than there is, and none within its share', () => {
  const held = fc.array(fc.nat(600), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(held, (bytes) => {
      const { root, middle, leaves } = makeTree(1000, 4, 4)
      leaves.forEach((leaf, index) => leaf.add(bytes[index]!))
      const named = middle.filter((tenant) => tenant.overdrawn)
      expect(leaves.some((leaf) => leaf.overdrawn)).toBe(root.bytes > 1000 || named.length > 0)
      expect(named.filter((tenant) => tenant.bytes <= root.shareBytes)).toEqual([])
    }),
  )
})

test('Ledger shares become smaller with more members than were planned, and grow again', () => {
  const root = new SharedLedger({ limitBytes: 1000, shares: 2 })
  const members = Array.from({ length: 5 }, () => root.member(1000))
  const crowded = root.shareBytes
  for (const member of members.slice(2)) member.close()
  expect({ crowded, shareBytes: root.shareBytes }).toEqual({ crowded: 100, shareBytes: 250 })
})
