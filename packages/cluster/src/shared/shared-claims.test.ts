import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { SharedClaims } from './shared-claims.js'

/** Nodes with one store, whose changes are told when the test says so. */
function make() {
  const clock = new FakeClock()
  const entries = new Map<string, string>()
  const replace = async (_table: string, key: string, value: string): Promise<number | undefined> => {
    if (entries.has(key)) return undefined
    entries.set(key, value)
    return entries.size
  }
  const remove = async (_table: string, key: string): Promise<void> => void entries.delete(key)
  const [a, b] = [1, 2].map(() => new SharedClaims({ store: { replace, delete: remove }, clock }))
  return { clock, entries, a: a!, b: b! }
}

test('SharedClaims gives all nodes the value of the first', async () => {
  const { a, b } = make()
  const first = await a.claim('t', 'one')
  const second = b.claim('t', 'two')
  b.entry('t', { value: 'one', revision: 1 })
  expect({ first, second: await second }).toEqual({ first: 'one', second: 'one' })
})

test('SharedClaims rejects when the store does not tell the value that it has', async () => {
  const { clock, a, b } = make()
  await a.claim('t', 'one')
  const second = b.claim('t', 'two')
  await Promise.resolve()
  await Promise.resolve()
  clock.advance(2000)
  await expect(second).rejects.toThrow('does not tell')
})

test('SharedClaims frees a value for another client', async () => {
  const { entries, a } = make()
  await a.claim('t', 'one')
  a.unclaim('t')
  a.entry('t', undefined)
  expect({ entries: [...entries], next: await a.claim('t', 'two') }).toEqual({ entries: [], next: 'two' })
})
