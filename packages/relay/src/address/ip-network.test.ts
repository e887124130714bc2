import { BlockList } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseIpAddress } from './ip-address.js'
import { isInNetwork, parseIpNetwork } from './ip-network.js'

const near = (text: string): fc.Arbitrary<string> => fc.oneof(fc.constant(text), fc.ipV4(), fc.ipV6())

test('isInNetwork agrees with the BlockList of Node', () => {
  const network = fc.oneof(
    fc.record({ base: fc.ipV4(), bits: fc.nat(32) }),
    fc.record({ base: fc.ipV6(), bits: fc.nat(128) }),
  )
  const cases = network.chain(({ base, bits }) => near(base).map((host) => ({ base, bits, host })))
  fc.assert(
    fc.property(cases, ({ base, bits, host }) => {
      const address = parseIpAddress(host)!
      const list = new BlockList()
      list.addSubnet(base, bits, base.includes(':') ? 'ipv6' : 'ipv4')
      // Where one is IPv4 and the other IPv6, BlockList compares mapped forms; ours are never mapped.
      fc.pre(host.includes(':') === base.includes(':') && parseIpAddress(base)!.family === (base.includes(':') ? 6 : 4))
      fc.pre(address.family === (host.includes(':') ? 6 : 4))
      expect(isInNetwork(address, parseIpNetwork(`${base}/${bits}`)!)).toBe(
        list.check(host, address.family === 4 ? 'ipv4' : 'ipv6'),
      )
    }),
  )
})

test.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', 'a/8', '10.1/8', ''])(
  'parseIpNetwork does not know %j',
  (text) => {
    expect(parseIpNetwork(text)).toBeUndefined()
  },
)

test('parseIpNetwork reads an IPv4-mapped network as one of IPv4', () => {
  expect(parseIpNetwork('::ffff:10.0.0.0/104')).toEqual(parseIpNetwork('10.0.0.0/8'))
})
