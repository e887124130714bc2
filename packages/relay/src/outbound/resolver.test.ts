import { expect, test, vi } from 'vitest'
import { Resolver } from './resolver.js'

test('resolve answers an address literal at once', () => {
  expect(new Resolver().resolve('::1')).toEqual({ address: '::1', family: 6 })
})

test('resolve asks once for a name that is asked for again', async () => {
  const lookup = vi.fn(async () => ({ address: '192.0.2.1', family: 4 }))
  const resolver = new Resolver({ lookup })
  await Promise.all([resolver.resolve('a.test'), resolver.resolve('a.test')])
  expect(lookup).toHaveBeenCalledTimes(1)
})

test('resolve asks again after a failure', async () => {
  const lookup = vi
    .fn()
    .mockRejectedValueOnce(new Error('no'))
    .mockResolvedValueOnce({ address: '192.0.2.1', family: 4 })
  const resolver = new Resolver({ lookup })
  await expect(resolver.resolve('a.test')).rejects.toThrow('no')
  await expect(resolver.resolve('a.test')).resolves.toEqual({ address: '192.0.2.1', family: 4 })
})

test('resolve forgets the oldest name at the limit', async () => {
  const lookup = vi.fn(async () => ({ address: '192.0.2.1', family: 4 }))
  const resolver = new Resolver({ lookup, maxNames: 2 })
  for (const name of ['a', 'b', 'c', 'a']) await resolver.resolve(name)
  expect(lookup).toHaveBeenCalledTimes(4)
})
