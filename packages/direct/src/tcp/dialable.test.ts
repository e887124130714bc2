import { expect, test } from 'vitest'
import { mayDial } from './dialable.js'

const own = ['192.0.2.9']

test.each(['192.0.2.1', '10.0.0.1', '203.0.113.7', '2001:db8::1', 'fd00::1'])('mayDial allows %s', (address) => {
  expect(mayDial(address, own)).toBe(true)
})

test.each([
  ['loopback', '127.0.0.1'],
  ['loopback', '::1'],
  ['an alias of loopback', '0.0.0.0'],
  ['an alias of loopback', '::'],
  ['mapped loopback', '::ffff:127.0.0.1'],
  ['mapped link-local', '::ffff:169.254.169.254'],
  ['link-local', '169.254.169.254'],
  ['link-local', 'fe80::1'],
  ['multicast', '224.0.0.251'],
  ['multicast', 'ff02::fb'],
  ['broadcast', '255.255.255.255'],
  ['NAT64', '64:ff9b::7f00:1'],
  ['NAT64 of a network', '64:ff9b:1::7f00:1'],
  ['6to4', '2002:7f00:1::'],
  ['a metadata service', 'fd00:ec2::254'],
  ['a metadata service', '100.100.100.200'],
])('mayDial refuses %s (%s)', (_what, address) => {
  expect(mayDial(address, own)).toBe(false)
})

test.each(['127.0.0.1', '::1'])('mayDial allows %s to a machine without a network', (address) => {
  expect(mayDial(address, ['127.0.0.1'])).toBe(true)
})
