import { expect, test } from 'vitest'
import { AddressRequest } from './address-request.js'

/** Address 192.0.2.1, port 32853, as in RFC 5769 §2.2. */
const seen = { address: '192.0.2.1', port: 32_853 }

function stunAnswer(transaction: Buffer, attributes: string): Buffer {
  const body = Buffer.from(attributes, 'hex')
  const head = Buffer.from('0101000021 12a442'.replace(' ', ''), 'hex')
  head.writeUInt16BE(body.length, 2)
  return Buffer.concat([head, transaction, body])
}

test('AddressRequest reads the answer of a STUN server behind another attribute', () => {
  const request = new AddressRequest()
  const [stun] = request.packets
  expect(request.read(stunAnswer(stun!.subarray(8), '80220003414243ff002000080001a147e112a643'))).toEqual(seen)
})

test('AddressRequest reads the answer of a Go server', () => {
  const request = new AddressRequest()
  const [, go] = request.packets
  const answer = Buffer.concat([
    Buffer.from('4c5352550102', 'hex'),
    go!.subarray(6),
    Buffer.from('0104c00002018055', 'hex'),
  ])
  expect(request.read(answer)).toEqual(seen)
})

/** Address and port of RFC 5769 §2.3; the mask needs the transaction of the request. */
const seenIPv6 = { address: '2001:db8:1234:5678:11:2233:4455:6677', port: 32_853 }
const bytesIPv6 = Buffer.from('20010db8123456780011223344556677', 'hex')

test('AddressRequest reads an IPv6 address of a STUN server', () => {
  const request = new AddressRequest()
  const transaction = request.packets[0]!.subarray(8)
  const mask = Buffer.concat([Buffer.from('2112a442', 'hex'), transaction])
  const masked = bytesIPv6.map((byte, index) => byte ^ mask[index]!)
  const answer = stunAnswer(transaction, `002000140002a147${Buffer.from(masked).toString('hex')}`)
  expect(request.read(answer)).toEqual(seenIPv6)
})

test('AddressRequest reads an IPv6 address of a Go server', () => {
  const request = new AddressRequest()
  const head = Buffer.concat([Buffer.from('4c5352550102', 'hex'), request.packets[1]!.subarray(6)])
  const answer = Buffer.concat([head, Buffer.of(2, 16), bytesIPv6, Buffer.from('8055', 'hex')])
  expect(request.read(answer)).toEqual(seenIPv6)
})

test.each([
  ['of another request', stunAnswer(Buffer.alloc(12), '002000080001a147e112a643')],
  ['that is no answer', Buffer.from('LSHP')],
])('AddressRequest reads nothing of a packet %s', (_what, packet) => {
  expect(new AddressRequest().read(packet)).toBeUndefined()
})

test('AddressRequest reads nothing of an answer without an address', () => {
  const request = new AddressRequest()
  expect(request.read(stunAnswer(request.packets[0]!.subarray(8), '80220004414243ff'))).toBeUndefined()
})
