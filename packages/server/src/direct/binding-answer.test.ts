import { expect, test } from 'vitest'
import { bindingAnswer } from './binding-answer.js'

const v4 = { address: '192.0.2.1', port: 32_853 }
const v6 = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 }
/** Header of the responses in RFC 5769 §2.2 and §2.3, whose addresses these are. */
const transaction = 'b7e7a701bc34d686fa87dfae'
const stunRequest = Buffer.from(`000100002112a442${transaction}`, 'hex')
const goRequest = Buffer.from(`4c53525501010102030405060708`, 'hex')

function answer(request: Buffer, source: { address: string; port: number }): string | undefined {
  const bytes = bindingAnswer(request, source)
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('hex')
}

test('bindingAnswer answers STUN with the IPv4 address of RFC 5769 §2.2', () => {
  expect(answer(stunRequest, v4)).toBe(`0101000c2112a442${transaction}002000080001a147e112a643`)
})

test('bindingAnswer answers STUN with the IPv6 address of RFC 5769 §2.3', () => {
  const address = '0113a9faa5d3f179bc25f4b5bed2b9d9'
  expect(answer(stunRequest, v6)).toBe(`010100182112a442${transaction}002000140002a147${address}`)
})

test('bindingAnswer shows an IPv4 sender at a socket for both families as IPv4', () => {
  expect(answer(stunRequest, { ...v4, address: '::ffff:192.0.2.1' })).toBe(answer(stunRequest, v4))
})

test.each([
  ['IPv4', v4, '0104c00002018055'],
  ['a short IPv6', { address: '::1', port: 1 }, '0210000000000000000000000000000000010001'],
  ['a scoped IPv6', { address: 'fe80::2%eth0', port: 1 }, '0210fe8000000000000000000000000000020001'],
])('bindingAnswer answers the request of Go with %s', (_what, source, tail) => {
  expect(answer(goRequest, source)).toBe(`4c53525501020102030405060708${tail}`)
})

test.each([
  ['a short packet', Buffer.from('LSRU')],
  ['another version of Go', Buffer.from('4c53525502010102030405060708', 'hex')],
  ['an answer of Go', Buffer.from('4c53525501020102030405060708', 'hex')],
  ['a STUN answer', Buffer.from(`010100002112a442${transaction}`, 'hex')],
  ['STUN with a wrong length', Buffer.from(`000100042112a442${transaction}`, 'hex')],
  ['STUN without the cookie', Buffer.from(`0001000000000000${transaction}`, 'hex')],
])('bindingAnswer has none for %s', (_what, packet) => {
  expect(bindingAnswer(packet, v4)).toBeUndefined()
})

test('bindingAnswer has none for a packet from port 0, to which nothing can be sent', () => {
  expect(bindingAnswer(stunRequest, { ...v4, port: 0 })).toBeUndefined()
})
