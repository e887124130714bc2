import { expect, test } from 'vitest'
import { type Impersonate, loadImpersonate } from './load-impersonate.js'

const loaded = (supported: boolean): Impersonate => ({
  impersonate: () => {
    throw new Error('not for this test')
  },
  isSupported: () => supported,
})

test('loadImpersonate gives the package where Node supports it', async () => {
  const supported = loaded(true)
  expect(await loadImpersonate(() => Promise.resolve(supported))).toBe(supported)
})

test('loadImpersonate gives nothing where Node is too old', async () => {
  expect(await loadImpersonate(() => Promise.resolve(loaded(false)))).toBeUndefined()
})

test('loadImpersonate gives nothing where the package is missing', async () => {
  expect(await loadImpersonate(() => Promise.reject(new Error('Cannot find package')))).toBeUndefined()
})

test('loadImpersonate loads the package without harm on any Node', async () => {
  const impersonate = await loadImpersonate()
  expect(impersonate?.isSupported() ?? true).toBe(true)
})
