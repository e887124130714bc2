import { expect, test } from 'vitest'
import { FairQueue } from './fair-queue.js'

function queueOf(maxRunning: number, maxWaitingPerTenant = 100) {
  const queue = new FairQueue({ maxRunning, maxWaitingPerTenant })
  const begun: string[] = []
  const releases = new Map<string, () => void>()
  const add = (tenant: string | undefined, name: string): (() => void) | undefined =>
    queue.add(tenant, (release) => {
      begun.push(name)
      releases.set(name, release)
    })
  return { add, begun, release: (name: string) => releases.get(name)?.() }
}

test('FairQueue gives a single tenant half of all places', () => {
  const { add, begun } = queueOf(8)
  for (let i = 0; i < 8; i++) add('a', `a${i}`)
  expect(begun).toEqual(['a0', 'a1', 'a2', 'a3'])
})

test('FairQueue runs a job of a new tenant immediately beside a tenant with many jobs', () => {
  const { add, begun } = queueOf(4)
  for (let i = 0; i < 2000; i++) add('a', `a${i}`)
  add('b', 'b0')
  expect(begun.at(-1)).toBe('b0')
})

test('FairQueue takes tenants by turns', () => {
  const { add, begun, release } = queueOf(1)
  for (const name of ['a0', 'a1', 'a2', 'b0', 'b1']) add(name.charAt(0), name)
  for (const name of ['a0', 'a1', 'b0', 'a2']) release(name)
  expect(begun).toEqual(['a0', 'a1', 'b0', 'a2', 'b1'])
})

test('FairQueue gives everything to jobs without a tenant', () => {
  const { add, begun } = queueOf(4)
  for (let i = 0; i < 8; i++) add(undefined, `${i}`)
  expect(begun).toHaveLength(4)
})

test('FairQueue runs nothing that was taken out', () => {
  const { add, begun, release } = queueOf(1)
  add('a', 'a0')
  add('a', 'a1')?.()
  release('a0')
  expect(begun).toEqual(['a0'])
})

test('FairQueue frees a place once, however often it is released', () => {
  const { add, begun, release } = queueOf(1)
  for (const name of ['a0', 'a1', 'a2']) add('a', name)
  release('a0')
  release('a0')
  expect(begun).toEqual(['a0', 'a1'])
})

test('FairQueue refuses a job where too many of its tenant wait', () => {
  const { add } = queueOf(1, 2)
  for (let i = 0; i < 3; i++) add('a', `a${i}`)
  expect({ add: add('a', 'more'), addType: typeof add('b', 'b0') }).toEqual({ add: undefined, addType: 'function' })
})
