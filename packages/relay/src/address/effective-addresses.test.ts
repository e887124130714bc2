import { expect, test } from 'vitest'
import { effectiveAddresses } from './effective-addresses.js'
import { parseIpAddress } from './ip-address.js'

test.each([
  ['192.0.2.1', []],
  ['0.0.0.0', ['127.0.0.1']],
  ['::', ['::1']],
  ['::1', []],
  ['64:ff9b::10.0.0.1', ['10.0.0.1']],
  ['64:ff9b:1::169.254.169.254', ['169.254.169.254']],
  ['::ffff:0:127.0.0.1', ['127.0.0.1']],
  ['2002:7f00:1::', ['127.0.0.1']],
  ['2001:0:c000:201::80ff:fffe', ['192.0.2.1', '127.0.0.1']],
  ['2001:db8::7f00:1', []],
])('effectiveAddresses has %s lead to %j', (text, inner) => {
  const address = parseIpAddress(text)!
  expect(effectiveAddresses(address).map((each) => each.text)).toEqual([address.text, ...inner])
})
