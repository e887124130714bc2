import { expect, test } from 'vitest'
import { ObjectStore } from './object-store.js'

/** A storage with the limit of the platform: 2 MB for a value, of which each character may take two bytes. */
function storage(): { kept: Map<string, string>; store: () => ObjectStore } {
  const kept = new Map<string, string>()
  const store = (): ObjectStore =>
    new ObjectStore({
      get: async (key) => kept.get(key),
      put: async (entries) => {
        for (const [key, value] of Object.entries(entries)) {
          if (value.length > 1_000_000) throw new RangeError('the value is too large')
          kept.set(key, value)
        }
      },
      delete: async (keys) => keys.filter((key) => kept.delete(key)).length,
    })
  return { kept, store }
}

test.each([0, 1, 499_999, 500_000, 500_001, 3_000_000])('ObjectStore keeps a text of %i characters', async (length) => {
  const { store } = storage()
  const text = 'äb'.repeat(length).slice(0, length)
  await store().write(text)
  expect((await store().read()) === text).toBe(true)
})

test('ObjectStore finds nothing in an empty storage', async () => {
  expect(await storage().store().read()).toBeUndefined()
})

test('ObjectStore reads the text of a former version', async () => {
  const { kept, store } = storage()
  kept.set('state', 'old')
  expect(await store().read()).toBe('old')
})

test('ObjectStore deletes pieces that a shorter text does not need: they have tokens', async () => {
  const { kept, store } = storage()
  const first = store()
  await first.write('x'.repeat(2_000_000))
  await first.write('short')
  expect(Object.fromEntries(kept)).toEqual({ state: 'short', 'state.pieces': '1' })
})
