import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ResponseRepair } from './response-repair.js'

const maxHeadBytes = 1000

/** Bytes that the parser gets for `response`, which arrives in pieces of `sizes`. */
function repaired(response: string, { method = 'GET', sizes = [100_000], limit = maxHeadBytes } = {}): string {
  const repair = new ResponseRepair({ maxHeadBytes: limit })
  repair.expect(method)
  const out: Buffer[] = []
  const bytes = Buffer.from(response, 'latin1')
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    out.push(...repair.feed(bytes.subarray(at, at + size)))
    at += size
  }
  return Buffer.concat([...out, repair.flush()]).toString('latin1')
}

const ok = 'HTTP/1.1 200 OK\r\n'
const body = 'Content-Length: 2\r\n\r\nhi'

describe('ResponseRepair rewrites', () => {
  test.each([
    ['a blank before the colon', `${ok}A \t: b\r\n${body}`, `${ok}A: b\r\n${body}`],
    ['lines that end in LF', 'HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\nhi', `${ok}A: b\r\n${body}`],
    ['folded lines', `${ok}A: b\r\n \tc\r\n d\r\n${body}`, `${ok}A: b c d\r\n${body}`],
    ['a blank before the first field', `${ok} A: b\r\n${body}`, `${ok}${body}`],
    ['control bytes', `${ok}A: b\u0001c\rd\u007fe\tf\r\n${body}`, `${ok}A: b c d e\tf\r\n${body}`],
    ['names that are none', `${ok}A B: c\r\n: d\r\nE(f): g\r\nH\xe4: i\r\n${body}`, `${ok}${body}`],
    [
      'equal lengths',
      `${ok}Content-Length: 2\r\nA: b\r\nContent-Length: 02\r\n\r\nhi`,
      `${ok}Content-Length: 2\r\nA: b\r\n\r\nhi`,
    ],
    ['a list of equal lengths', `${ok}Content-Length: 2, 2\r\n\r\nhi`, `${ok}${body}`],
    ['no reason', `HTTP/1.1 200\r\n${body}`, `HTTP/1.1 200 \r\n${body}`],
    ['a reason with control bytes', `HTTP/1.1 200 O\u0001K\r\n${body}`, `HTTP/1.1 200 O K\r\n${body}`],
    ['lower case and blanks in the first line', `http/1.1  200  OK\r\n${body}`, `${ok}${body}`],
    ['a version above ours', `HTTP/1.2 200 OK\r\n${body}`, `${ok}${body}`],
    ['Transfer-Encoding: identity', `${ok}Transfer-Encoding: identity\r\n${body}`, `${ok}${body}`],
    ['bytes behind the end', `${ok}${body}more`, `${ok}${body}`],
    [
      'a body that 204 must not have',
      'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nhi',
      'HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n',
    ],
    [
      'both heads of a 1xx',
      `HTTP/1.1 103 Hints\nA : b\n\nHTTP/1.1 200 OK\n${body}`,
      `HTTP/1.1 103 Hints\r\nA: b\r\n\r\n${ok}${body}`,
    ],
  ])('%s', (_name, response, wanted) => {
    expect(repaired(response)).toBe(wanted)
  })

  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`
  test.each([
    ['chunks whose lines end in LF', '2\nhi\n0\n\n', '2\r\nhi\r\n0\r\n\r\n'],
    ['chunk extensions', '2;a="b"\r\nhi\r\n0;c\r\n\r\n', '2\r\nhi\r\n0\r\n\r\n'],
    ['blanks and zeros around sizes', '0002  \r\nhi\r\n000\r\n\r\n', '2\r\nhi\r\n0\r\n\r\n'],
    ['trailers', '0\r\nA : b\u0001c\r\nD e: f\r\nno field\r\nG: h\r\n\r\n', '0\r\nA: b c\r\nG: h\r\n\r\n'],
    ['bytes behind the last chunk', '0\r\n\r\nmore', '0\r\n\r\n'],
  ])('%s', (_name, sent, wanted) => {
    expect(repaired(chunked + sent)).toBe(chunked + wanted)
  })

  test('a response without its length, where it is chunked too', () => {
    const both = `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
    expect(repaired(both)).toBe(`${chunked}0\r\n\r\n`)
  })

  test('a name behind a run of blanks, which it reads once, not once for each blank', () => {
    const field = `A${' '.repeat(150_000)}B: c\r\n`
    expect(repaired(`${ok}${field}${body}`, { limit: 200_000 })).toBe(`${ok}${body}`)
  })

  test('no body in the response to HEAD', () => {
    expect(repaired(`${ok}${body}`, { method: 'HEAD' })).toBe(`${ok}Content-Length: 2\r\n\r\n`)
  })
})

describe('ResponseRepair leaves for the parser to refuse', () => {
  test.each([
    ['different lengths', `${ok}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi`],
    ['a list of different lengths', `${ok}Content-Length: 2, 3\r\n\r\nhi`],
    ['a signed length', `${ok}Content-Length: +2\r\n\r\nhi`],
    ['an empty length', `${ok}Content-Length:\r\n\r\nhi`],
    ['NUL', `${ok}A: b\u0000c\r\n${body}`],
    ['a line without a colon', `${ok}what\r\n${body}`],
    ['another protocol', `ICY 200 OK\r\n${body}`],
    ['no head at all', '<html>hi</html>'],
    ['a head that is too long', `${ok}A: ${'b'.repeat(maxHeadBytes)}\r\n${body}`],
    ['a chunk size that is none', `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n`],
    ['chunk data that goes on', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\nhi\r\n0\r\n\r\n`],
  ])('%s', (_name, response) => {
    expect(repaired(response)).toBe(response)
  })
})

test('ResponseRepair.isLast detects bytes behind the end', () => {
  const repair = new ResponseRepair({ maxHeadBytes })
  repair.expect('GET')
  repair.feed(Buffer.from(`${ok}${body}`))
  const before = repair.isLast
  repair.feed(Buffer.from('more'))
  expect({ before, isLast: repair.isLast }).toEqual({ before: false, isLast: true })
})

describe('ResponseRepair gives', () => {
  const line = fc.constantFrom(
    'A: b',
    'A : b',
    ' c',
    'Content-Length: 3',
    'Content-Length: 3,3',
    'Transfer-Encoding: chunked',
    '',
    'x',
    'HTTP/1.1 200 OK',
    'HTTP/1.0 204',
    'HTTP/1.1 100 C',
    'D: \u0001',
    '3',
    '3;e',
    '0',
    'abc',
    'A B: c',
  )
  const response = fc
    .array(fc.tuple(line, fc.constantFrom('\r\n', '\n', '')), { maxLength: 16 })
    .map((lines) => ok + lines.flat().join(''))

  test('the same, however the bytes are cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
    const property = fc.property(response, sizes, (text, cut) => repaired(text, { sizes: cut }) === repaired(text))
    expect(() => fc.assert(property)).not.toThrow()
  })

  test('an equal head when it reads its own output', () => {
    const property = fc.property(response, (text) => repaired(repaired(text)) === repaired(text))
    expect(() => fc.assert(property)).not.toThrow()
  })
})
