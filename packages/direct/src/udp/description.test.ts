import { expect, test } from 'vitest'
import { candidateCount, fingerprintOf, splitCandidates, withCandidates, withMapped } from './description.js'

const digits = Array.from({ length: 32 }, () => 'AB').join(':')
const line = `a=fingerprint:sha-256 ${digits}\r\n`
const sdp = `c=IN IP4 192.0.2.2\r\n${line}a=candidate:1 1 UDP 1 192.0.2.2 5 typ host\r\na=candidate:2 1 UDP 1 198.51.100.1 5 typ srflx raddr 0.0.0.0 rport 0\r\n`

test('fingerprintOf reads the one fingerprint', () => {
  expect(fingerprintOf(sdp)).toBe(`sha-256 ${digits}`.toLowerCase())
})

test.each([
  ['none', ''],
  ['two', line + line],
  ['another hash function', 'a=fingerprint:sha-1 AB\r\n'],
  ['a second one of another kind', `${line}a=fingerprint:sha-1 AB\r\n`],
])('fingerprintOf refuses a description with %s', (_what, text) => {
  expect(() => fingerprintOf(text)).toThrow('exactly one SHA-256 fingerprint')
})

test('withCandidates hides the addresses of network interfaces', () => {
  expect(withCandidates(sdp, 'never')).not.toContain('192.0.2.2')
})

test('withCandidates leaves the address that a STUN server has seen', () => {
  expect(candidateCount(withCandidates(sdp, 'never'))).toBe(1)
})

const mapped = { address: '203.0.113.7', port: 700 }
const mappedLine = 'a=candidate:99 1 UDP 1694498815 203.0.113.7 700 typ srflx raddr 0.0.0.0 rport 0\r\n'

test('withMapped adds the place at the router before the end of the candidates', () => {
  const before = 'v=0\r\na=candidate:1 1 UDP 5 10.0.0.2 4 typ host\r\n'
  expect(withMapped(`${before}a=end-of-candidates\r\n`, mapped)).toBe(`${before}${mappedLine}a=end-of-candidates\r\n`)
})

test('withMapped adds no place that a STUN server has reported, too', () => {
  const known = 'a=candidate:2 1 UDP 5 203.0.113.7 700 typ srflx raddr 10.0.0.2 rport 4\r\n'
  expect(withMapped(known, mapped)).toBe(known)
})

test('splitCandidates takes the addresses out of a description', () => {
  const first = 'candidate:1 1 UDP 5 10.0.0.2 4 typ host'
  const second = 'candidate:2 1 UDP 4 203.0.113.7 700 typ srflx raddr 0.0.0.0 rport 0'
  const text = `v=0\r\na=mid:data\r\na=${first}\r\na=${second}\r\na=end-of-candidates\r\na=setup:active\r\n`
  expect(splitCandidates(text)).toEqual({
    sdp: 'v=0\r\na=mid:data\r\na=setup:active\r\n',
    candidates: [first, second],
    mid: 'data',
  })
})
