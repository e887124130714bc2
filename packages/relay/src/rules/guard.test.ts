import type { NetworkInterfaceInfo } from 'node:os'
import { describe, expect, test } from 'vitest'
import { targetOf } from '../../testing/target-of.js'
import { OwnAddresses } from '../address/own-addresses.js'
import { Guard, type GuardLevel } from './guard.js'

const eth0 = ['203.0.113.7', '2001:db8::7'].map((address) => ({ address }) as NetworkInterfaceInfo)
const ownAddresses = new OwnAddresses({ interfaces: () => ({ eth0 }) })

const faultOf = (guard: GuardLevel, host: string, port = 80): string | undefined =>
  new Guard({ guard, ownPorts: () => [8765, 1080] }, ownAddresses).faultOf(targetOf(host, port))

const local = [
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['127.1', 'loopback'],
  ['64:ff9b::127.0.0.1', 'loopback'],
  ['2002:7f00:1::1', 'loopback'],
  ['::', 'an unspecified address'],
  ['0.0.0.0', 'an unspecified address'],
  ['0.1.2.3', 'an unspecified address'],
  ['169.254.169.254', 'link-local'],
  ['64:ff9b::a9fe:a9fe', 'link-local'],
  ['2002:a9fe:a9fe::', 'link-local'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['febf::1', 'link-local'],
  ['fd00:ec2::254', 'a metadata service'],
  ['100.100.100.200', 'a metadata service'],
  ['224.0.0.251', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['ff02::fb', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['localhost', 'loopback'],
  ['Any.LocalHost.', 'loopback'],
  ['ip6-localhost', 'loopback'],
] as const

const privateNetworks = [
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  'fc00::1',
  'fdff::1',
  '64:ff9b::10.0.0.1',
  '::ffff:10.0.0.1',
]

const open = [
  '192.0.2.1',
  '172.32.0.1',
  '128.0.0.1',
  '2001:db8::1',
  '64:ff9b::192.0.2.1',
  'example.test',
  'notlocalhost',
]

describe('Guard.faultOf', () => {
  test.each(local)('blocks %s at local and names its kind', (host, what) => {
    expect(faultOf('local', host)).toBe(`is ${what}, which the guard closes; --guard none opens it`)
  })

  test.each(local)('closes %s at private too', (host) => {
    expect(faultOf('private', host)).toContain('--guard none')
  })

  test.each(privateNetworks)('closes %s at private', (host) => {
    expect(faultOf('private', host)).toBe('is in a private network, which the guard closes; --guard local opens it')
  })

  test.each(privateNetworks)('leaves %s open at local', (host) => {
    expect(faultOf('local', host)).toBeUndefined()
  })

  test.each(open)('leaves %s open at private', (host) => {
    expect(faultOf('private', host)).toBeUndefined()
  })

  test.each(['127.0.0.1', '0.0.0.0', '10.0.0.1', 'localhost'])('leaves %s open at none', (host) => {
    expect(faultOf('none', host)).toBeUndefined()
  })

  test.each(['203.0.113.7', '2001:db8::7', '::ffff:203.0.113.7', '64:ff9b::203.0.113.7'])(
    'closes the ports of the program at its own address %s',
    (host) => {
      expect(faultOf('local', host, 1080)).toBe(
        'is a port of this program, which the guard closes; --guard none opens it',
      )
    },
  )

  test.each([
    ['another port', '203.0.113.7', 443],
    ['another host', '203.0.113.8', 8765],
  ])('leaves %s open at local', (_what, host, port) => {
    expect(faultOf('local', host, port)).toBeUndefined()
  })
})

test('new Guard refuses a level that is none', () => {
  expect(() => new Guard({ guard: 'loacl' as GuardLevel })).toThrow(
    new RangeError('guard is "loacl"; it is one of none, local, private'),
  )
})
