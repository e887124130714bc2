import { describe, expect, test } from 'vitest'
import { parseNetworks } from './networks.js'

describe('parseNetworks', () => {
  const networks = parseNetworks(['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'])

  test.each([
    ['10.200.3.4', true],
    ['11.0.0.1', false],
    ['192.0.2.7', true],
    ['192.0.2.8', false],
    ['2001:db8:1::5', true],
    ['2001:db9::5', false],
    ['::ffff:10.1.1.1', true],
    ['unknown', false],
  ])('says whether %s is among them: %s', (address, expected) => {
    expect(networks.has(address)).toBe(expected)
  })

  test.each(['10.0.0.0/33', 'example.com', '', 'fe80::1%eth0'])('names the text "%s", which is no network', (place) => {
    expect(() => parseNetworks([place])).toThrow(`"${place}" is no address and no network like 10.0.0.0/8`)
  })
})
