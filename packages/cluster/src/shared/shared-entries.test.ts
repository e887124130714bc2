import { FakeClock, turns } from '@ls/testkit'
import { expect, test } from 'vitest'
import { MemoryHub } from '../store/memory-hub.js'
import { SharedEntries } from './shared-entries.js'

/** Two nodes with one store; the second is told when the test says so. */
function make() {
  const clock = new FakeClock()
  const hub = new MemoryHub()
  const made = [1, 2].map(() => {
    const read = (text: string): number | undefined => (text === 'broken' ? undefined : Number(text))
    return new SharedEntries<number>({ store: hub.store(), clock, prefix: 'n', read, write: String })
  })
  return { clock, store: hub.store(), a: made[0]!, b: made[1]! }
}

const add = (value = 0): number => value + 1

test('SharedEntries changes the value that another node has set', async () => {
  const { a, b } = make()
  await a.change('x', add)
  const second = b.change('x', add)
  await turns(3)
  b.entry('x', { value: '1', revision: 1 })
  expect({ second: await second, value: b.get('x') }).toEqual({ second: 2, value: 2 })
})

test('SharedEntries rejects when the store does not tell the entry that it has, and leaves no timer', async () => {
  const { clock, a, b } = make()
  await a.change('x', add)
  const second = b.change('x', add)
  second.catch(() => {})
  await turns(3)
  clock.advance(2000)
  await expect(second).rejects.toThrow('an entry that it does not tell')
  expect(clock.pendingTimers).toBe(0)
})

test('SharedEntries leaves no timer after a change', async () => {
  const { clock, a } = make()
  await a.change('x', add)
  expect(clock.pendingTimers).toBe(0)
})

test('SharedEntries resolves with the value that stays', async () => {
  const { a } = make()
  await a.change('x', add)
  expect(await a.change('x', () => undefined)).toBe(1)
})

test('SharedEntries ignores an entry that is older than its own', async () => {
  const { a } = make()
  await a.change('x', add)
  await a.change('x', add)
  expect({ isNew: a.entry('x', { value: '1', revision: 1 }), value: a.get('x') }).toEqual({ isNew: false, value: 2 })
})

test('SharedEntries replaces a text that cannot be read', async () => {
  const { store, a } = make()
  const revision = await store.replace('live', 'n.x', 'broken', 0)
  a.entry('x', { value: 'broken', revision: revision! })
  expect({ values: a.values, changed: await a.change('x', add) }).toEqual({ values: [], changed: 1 })
})

test('SharedEntries does not remove an entry that another node has changed', async () => {
  const { store, a, b } = make()
  await a.change('x', add)
  b.entry('x', { value: '1', revision: 1 })
  await b.change('x', add)
  await a.delete('x')
  // An entry that exists cannot be created.
  expect(await store.replace('live', 'n.x', '7', 0)).toBeUndefined()
})
