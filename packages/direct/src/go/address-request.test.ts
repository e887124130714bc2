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
