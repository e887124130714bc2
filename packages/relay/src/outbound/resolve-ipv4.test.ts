import type { NameResolver } from '@ls/dial'
import { expect, test } from 'vitest'
import { resolveIpv4 } from './resolve-ipv4.js'

/** Resolves every name to the same addresses. */
function names(...ipv4: string[]): NameResolver {
  return {
    lookup: (_name, onAnswer) => {
      onAnswer(6, { addresses: ['2001:db8::1'] })
      onAnswer(4, { addresses: ipv4 })
      return () => {}
    },
  }
}

const resolver = names('192.0.2.1', '10.0.0.1')
const target = { host: 'name.test', port: 80 }

test('resolveIpv4 returns an address unchanged', async () => {
  expect(await resolveIpv4({ host: '::1', port: 80 }, {})).toEqual({ host: '::1', port: 80 })
})

test('resolveIpv4 takes the first address', async () => {
  expect(await resolveIpv4(target, { resolver })).toEqual({ host: '192.0.2.1', port: 80 })
})

test('resolveIpv4 takes the first address that is allowed', async () => {
  const check = (address: string): Error | undefined => (address === '10.0.0.1' ? undefined : new Error('no'))
  expect(await resolveIpv4(target, { resolver, check })).toEqual({ host: '10.0.0.1', port: 80 })
})

test('resolveIpv4 refuses a name with no address that is allowed', async () => {
  const check = (address: string): Error => new Error(`not ${address}`)
  await expect(resolveIpv4(target, { resolver, check })).rejects.toThrow('not 192.0.2.1')
})

test('resolveIpv4 says that a name has no address', async () => {
  await expect(resolveIpv4(target, { resolver: names() })).rejects.toMatchObject({ code: 'ERR_RELAY_DNS' })
})

test('resolveIpv4 asks the system', async () => {
  expect(await resolveIpv4({ host: 'localhost', port: 1 }, {})).toEqual({ host: '127.0.0.1', port: 1 })
})
