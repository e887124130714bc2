import { expect, test } from 'vitest'
import { RenewedSet } from './renewed-set.js'

test('RenewedSet has the members that were added and not deleted, in the order of adding', () => {
  const set = new RenewedSet<number>()
  for (let member = 0; member < 2000; member++) {
    set.add(member)
    if (member % 2 === 0) set.delete(member - 2)
  }
  expect({ size: set.size, first: [...set].slice(0, 3), has: set.has(1998), deleted: set.has(1996) }).toEqual({
    size: 1001,
    first: [1, 3, 5],
    has: true,
    deleted: false,
  })
})

test('RenewedSet.delete tells whether there was such a member', () => {
  const set = new RenewedSet<string>()
  set.add('a')
  expect({ first: set.delete('a'), again: set.delete('a') }).toEqual({ first: true, again: false })
})

test('RenewedSet.clear removes all members', () => {
  const set = new RenewedSet<string>()
  set.add('a')
  set.clear()
  expect([...set]).toEqual([])
})
