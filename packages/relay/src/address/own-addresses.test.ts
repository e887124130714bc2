import type { NetworkInterfaceInfo, networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { OwnAddresses } from './own-addresses.js'

const withAddress = (address: string): ReturnType<typeof networkInterfaces> => ({
  eth0: [{ address } as NetworkInterfaceInfo],
})

test('OwnAddresses asks the system again after 5 s, not before', () => {
  let now = 0
  let address = '192.0.2.1'
  const own = new OwnAddresses({ interfaces: () => withAddress(address), now: () => now })
  const first = own.has('192.0.2.1')
  address = '192.0.2.2'
  now = 4999
  const before = own.has('192.0.2.2')
  now = 5000
  expect({ first, before, after: own.has('192.0.2.2') }).toEqual({ first: true, before: false, after: true })
})

test('OwnAddresses knows that the loopback address is ours', () => {
  expect(new OwnAddresses().has('127.0.0.1')).toBe(true)
})

test('OwnAddresses uses its last list while the system reports none', () => {
  let now = 0
  let isMute = false
  const interfaces = (): ReturnType<typeof networkInterfaces> => {
    if (isMute) throw new Error('uv_interface_addresses returned 24')
    return withAddress('192.0.2.1')
  }
  const own = new OwnAddresses({ interfaces, now: () => now })
  own.has('192.0.2.1')
  isMute = true
  now = 5000
  expect({ known: own.has('192.0.2.1'), unknown: own.has('192.0.2.2') }).toEqual({ known: true, unknown: false })
})

test('OwnAddresses treats every address as our own while the system has never reported a list', () => {
  const own = new OwnAddresses({
    interfaces: () => {
      throw new Error('uv_interface_addresses returned 24')
    },
  })
  expect(own.has('192.0.2.1')).toBe(true)
})
