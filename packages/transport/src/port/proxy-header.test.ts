import { isIP, SocketAddress } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TransportError } from '../errors.js'
import { parseProxyHeader } from './proxy-header.js'

const signature = '0d0a0d0a000d0a515549540a'
const v2 = (hex: string): Buffer => Buffer.from((signature + hex).replaceAll(' ', ''), 'hex')
const v1 = (line: string): Buffer => Buffer.from(`${line}\r\n`)

describe('parseProxyHeader', () => {
  test.each([
    ['PROXY TCP4 192.0.2.1 198.51.100.2 4711 443', { address: '192.0.2.1', port: 4711 }],
    ['PROXY TCP6 2001:db8::1 ::1 0 65535', { address: '2001:db8::1', port: 0 }],
    ['PROXY UNKNOWN', undefined],
    ['PROXY UNKNOWN ffff::1 ffff::2 65535 65535', undefined],
  ])('reads version 1, %s', (line, source) => {
    expect(parseProxyHeader(v1(line))).toEqual({ version: 1, source, lengthBytes: line.length + 2 })
  })

  test.each([
    ['IPv4', '21 11 000c c0000201 c6336402 1267 01bb', { address: '192.0.2.1', port: 4711 }],
    ['datagrams over IPv4', '21 12 000c c0000201 c6336402 1267 01bb', { address: '192.0.2.1', port: 4711 }],
    [
      'IPv6',
      `21 21 0024 20010db8000000000000000000000001 ${'00'.repeat(15)}01 1267 01bb`,
      { address: '2001:db8::1', port: 4711 },
    ],
    ['IPv4 with TLVs', '21 11 0012 c0000201 c6336402 1267 01bb 04 0003 616263', { address: '192.0.2.1', port: 4711 }],
    ['a UNIX socket', `21 31 00d8 ${'00'.repeat(216)}`, undefined],
    ['UNSPEC', '21 00 0000', undefined],
    ['UNSPEC with TLVs', '21 00 0003 040000', undefined],
    ['LOCAL', '20 00 0000', undefined],
    ['LOCAL of a family that does not exist', '20 ff 0002 abcd', undefined],
  ])('reads version 2, %s', (_name, hex, source) => {
    const bytes = v2(hex)
    expect(parseProxyHeader(bytes)).toEqual({ version: 2, source, lengthBytes: bytes.length })
  })

  test.each([
    ['HTTP', Buffer.from('GET /')],
    ['TLS', Buffer.from('160301', 'hex')],
    ['a lower-case line', v1('proxy TCP4 192.0.2.1 192.0.2.2 1 2')],
    ['no family', v1('PROXY ')],
    ['an unknown family', v1('PROXY UDP4 192.0.2.1 192.0.2.2 1 2')],
    ['IPv6 as TCP4', v1('PROXY TCP4 ::1 ::2 1 2')],
    ['IPv4 as TCP6', v1('PROXY TCP6 192.0.2.1 192.0.2.2 1 2')],
    ['a name', v1('PROXY TCP4 example.com 192.0.2.2 1 2')],
    ['an octet of 256', v1('PROXY TCP4 192.0.2.256 192.0.2.2 1 2')],
    ['a port of 65536', v1('PROXY TCP4 192.0.2.1 192.0.2.2 65536 2')],
    ['a port with a leading zero', v1('PROXY TCP4 192.0.2.1 192.0.2.2 01 2')],
    ['a negative port', v1('PROXY TCP4 192.0.2.1 192.0.2.2 -1 2')],
    ['two spaces', v1('PROXY  TCP4 192.0.2.1 192.0.2.2 1 2')],
    ['something behind the ports', v1('PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3')],
    ['a line without end', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(93)}`)],
    ['version 3', v2('31 11 000c')],
    ['an unknown command', v2('22 11 000c')],
    ['an unknown family in version 2', v2('21 41 000c')],
    ['an unknown transport in version 2', v2('21 13 000c')],
    ['too little for IPv4', v2(`21 11 000b ${'00'.repeat(11)}`)],
    ['too little for IPv6', v2(`21 21 0023 ${'00'.repeat(35)}`)],
    ['4 KiB and a byte', v2('21 11 0ff1')],
  ])('throws for %s', (_name, bytes) => {
    expect(() => parseProxyHeader(bytes)).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT_PROTOCOL' }))
  })

  test('does not consume the bytes behind it', () => {
    const { lengthBytes } = parseProxyHeader(Buffer.from('PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n')) ?? {}
    expect(lengthBytes).toBe(15)
  })

  test.each([
    ['version 1', v1('PROXY TCP6 2001:db8::1 ::1 4711 443')],
    ['version 2', v2('21 11 0012 c0000201 c6336402 1267 01bb 04 0003 616263')],
  ])('needs all of %s, and not a byte more', (_name, bytes) => {
    const results = Array.from({ length: bytes.length + 1 }, (_none, length) =>
      parseProxyHeader(bytes.subarray(0, length)),
    )
    expect(results.map((result) => result !== undefined)).toEqual([...Array.from(bytes, () => false), true])
  })

  test('reads back any pair of addresses, in both versions', () => {
    const port = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), port, (address, sourcePort) => {
        const family = isIP(address) === 4 ? 'TCP4' : 'TCP6'
        const header = v1(`PROXY ${family} ${address} ${address} ${sourcePort} 1`)
        // A line of version 1 has no room for two addresses in the longest form, which ends in an IPv4 address.
        fc.pre(header.length <= 107)
        const read = parseProxyHeader(header)
        expect(read?.source).toEqual({ address, port: sourcePort })
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 36, maxLength: 36 }), (block) => {
        const { source } = parseProxyHeader(Buffer.concat([v2('21 21 0024'), block])) ?? {}
        const port = block[32]! * 256 + block[33]!
        expect({ isIP: isIP(source?.address ?? ''), port: source?.port }).toEqual({ isIP: 6, port })
        // The text is the canonical one, and means the same address.
        expect(source?.address).toBe(new SocketAddress({ address: source?.address ?? '', family: 'ipv6' }).address)
      }),
    )
  })

  test('answers any bytes with a header, with undefined or with a TransportError', () => {
    const starts = ['PROXY ', 'PROXY TCP4 ', '', ...['2111', '2121', '2000'].map((hex) => v2(hex).toString('latin1'))]
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), (start, rest) => {
        expect(outcomeOf(Buffer.concat([Buffer.from(start, 'latin1'), rest]))).toMatch(/^(?:header|more|refused)$/)
      }),
    )
  })

  test('never waits for more than 4 KiB', () => {
    const start = fc.constantFrom(v1('PROXY UNKNOWN').subarray(0, 13), v2('2111'))
    fc.assert(
      fc.property(start, fc.uint8Array({ minLength: 4096, maxLength: 4200 }), (bytes, rest) => {
        expect(outcomeOf(Buffer.concat([bytes, rest]))).not.toBe('more')
      }),
    )
  })
})

function outcomeOf(bytes: Buffer): string {
  try {
    const header = parseProxyHeader(bytes)
    if (header === undefined) return 'more'
    return header.lengthBytes <= bytes.length ? 'header' : 'a header longer than what there is'
  } catch (error) {
    return error instanceof TransportError ? 'refused' : String(error)
  }
}
