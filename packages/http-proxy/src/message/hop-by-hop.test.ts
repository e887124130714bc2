import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { endToEnd, endToEndTrailers, fieldValues, hasToken } from './hop-by-hop.js'

const name = fc.oneof(
  fc.constantFrom(
    'Connection',
    'connection',
    'TE',
    'Keep-Alive',
    'Upgrade',
    'Proxy-Connection',
    'X-A',
    'x-a',
    'X-B',
    'Host',
  ),
  fc.stringMatching(/^[A-Za-z-]{1,8}$/),
)
const value = fc.oneof(
  fc.constantFrom('close', 'X-A', 'x-b , close', 'keep-alive, X-C,'),
  fc.stringMatching(/^[ -~]{0,12}$/),
)
const headers = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((fields) => fields.flat())

describe('endToEnd', () => {
  test('keeps the other fields unchanged and in order', () => {
    fc.assert(
      fc.property(headers, (headers) => {
        const kept = endToEnd(headers)
        let at = 0
        for (let from = 0; from < headers.length && at < kept.length; from += 2) {
          if (headers[from] === kept[at] && headers[from + 1] === kept[at + 1]) at += 2
        }
        expect(at).toBe(kept.length)
      }),
    )
  })

  test('leaves nothing more to remove', () => {
    fc.assert(
      fc.property(headers, (headers) => {
        expect(endToEnd(endToEnd(headers))).toEqual(endToEnd(headers))
      }),
    )
  })

  test('removes what any Connection field names, in any case', () => {
    const fields = ['X-A', '1', 'Connection', 'x-b', 'x-B', '2', 'connection', 'close ,X-C', 'x-c', '3', 'X-D', '4']
    expect(endToEnd(fields)).toEqual(['X-A', '1', 'X-D', '4'])
  })

  test.each(['Content-Length', 'content-length', 'Host', 'X-Forwarded-For', 'Cookie', 'Content_Length'])(
    'keeps %s, whatever Connection names',
    (field) => {
      expect(endToEnd([field, '5', 'Connection', `close, ${field}`, 'connection', field.toLowerCase()])).toEqual([
        field,
        '5',
      ])
    },
  )

  test('removes what a web server would take for it', () => {
    expect(endToEnd(['Transfer_Encoding', 'chunked', 'X_A', 'b'], new Set(['x-a']))).toEqual([])
  })

  test('removes the given fields', () => {
    expect(endToEnd(['Trailer', 'X', 'A', 'b'], new Set(['trailer']))).toEqual(['A', 'b'])
  })
})

describe('endToEndTrailers', () => {
  test('drops fields that frame or route a message', () => {
    expect(
      endToEndTrailers(['Content-Length', '5', 'X-Sum', '1', 'Host', 'x', 'Transfer-Encoding', 'chunked']),
    ).toEqual([['X-Sum', '1']])
  })
})

describe('fieldValues', () => {
  test('gives every value, whatever the case of its name', () => {
    expect(fieldValues(['A', '1', 'B', '2', 'a', '3'], 'a')).toEqual(['1', '3'])
  })
})

describe('hasToken', () => {
  test.each([
    ['trailers', true],
    ['deflate , Trailers;q=0.5', true],
    ['trailersx', false],
    ['', false],
  ])('finds trailers in %j: %j', (value, found) => {
    expect(hasToken(['TE', value], 'te', 'trailers')).toBe(found)
  })
})
