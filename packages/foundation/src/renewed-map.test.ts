import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { RenewedMap } from './renewed-map.js'

/** Sets and deletes as many entries as lead to several copies. */
function churn(map: { set(key: number, value: object): unknown; delete(key: number): boolean }): void {
  for (let key = 0; key < 2000; key++) {
    map.set(key, { key })
    map.delete(key - 10)
  }
}

test('RenewedMap has what was set and not deleted, in the order in which it was set, after copies too', () => {
  const map = new RenewedMap<number, object>()
  churn(map)
  expect([...map]).toEqual(Array.from({ length: 10 }, (_, index) => [1990 + index, { key: 1990 + index }]))
})

test('RenewedMap finds and counts what it has', () => {
  const map = new RenewedMap<number, object>()
  churn(map)
  expect({ size: map.size, last: map.get(1999), has: map.has(1999), deleted: map.has(5) }).toEqual({
    size: 10,
    last: { key: 1999 },
    has: true,
    deleted: false,
  })
})

test('RenewedMap.delete tells whether there was such an entry', () => {
  const map = new RenewedMap<string, number>()
  map.set('a', 1)
  expect({ first: map.delete('a'), again: map.delete('a') }).toEqual({ first: true, again: false })
})

test('RenewedMap.clear removes all entries', () => {
  const map = new RenewedMap<string, number>()
  map.set('a', 1)
  map.clear()
  expect([...map.values()]).toEqual([])
})

/** Returns how much the heap has grown after 5000 entries of 400 bytes, of which 10 are left. */
function growthBytes(map: { set(key: number, value: object): unknown; delete(key: number): boolean }): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void
  const young = { type: 'minor' } as const
  map.set(-1, {})
  // Its first table becomes old, and then garbage.
  for (let times = 0; times < 3; times++) collect(young)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let key = 0; key < 5000; key++) {
    map.set(
      key,
      Array.from({ length: 50 }, () => key),
    )
    map.delete(key - 10)
    if (key % 500 === 0) collect(young)
  }
  for (let times = 0; times < 2; times++) collect(young)
  return process.memoryUsage().heapUsed - before
}

test('RenewedMap lets collections of the young generation free what was deleted, a Map does not', () => {
  const [map, renewed] = [growthBytes(new Map()), growthBytes(new RenewedMap())]
  expect({ map: map > 1_000_000, renewed: renewed > 1_000_000 }).toEqual({ map: true, renewed: false })
})
