import { expect, test } from 'vitest'
import { parseAccessRules } from './access-rules.js'
import { resolveIpv4 } from './resolve-ipv4.js'

const lookupAll = async () => [{ address: '192.0.2.1' }, { address: '10.0.0.1' }]
const target = { host: 'name.test', port: 80 }

test('resolveIpv4 leaves an address as it is', async () => {
  expect(await resolveIpv4({ host: '::1', port: 80 }, {})).toEqual({ host: '::1', port: 80 })
})

test('resolveIpv4 takes the first address', async () => {
  expect(await resolveIpv4(target, { lookupAll })).toEqual({ host: '192.0.2.1', port: 80 })
})

test('resolveIpv4 takes the first address that is allowed', async () => {
  const access = parseAccessRules(['10.0.0.0/8:80'])
  expect(await resolveIpv4(target, { lookupAll, access })).toEqual({ host: '10.0.0.1', port: 80 })
})

test('resolveIpv4 refuses a name with no address that is allowed', async () => {
  const access = parseAccessRules(['198.51.100.0/24:80'])
  await expect(resolveIpv4(target, { lookupAll, access })).rejects.toMatchObject({ code: 'ERR_RELAY_FORBIDDEN' })
})

test('resolveIpv4 asks the system', async () => {
  expect(await resolveIpv4({ host: 'localhost', port: 1 }, {})).toEqual({ host: '127.0.0.1', port: 1 })
})
