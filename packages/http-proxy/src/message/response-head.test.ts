import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseResponseHead } from './response-head.js'

const parse = (text: string) => parseResponseHead(Buffer.from(text, 'latin1'))

describe('parseResponseHead', () => {
  test('reads the status, the fields and the size', () => {
    expect(parse('HTTP/1.1 200 Fine\r\nServer:  x y \r\nVia:\r\n\r\ntunnel')).toEqual({
      status: 200,
      length: 42,
      fields: ['Server', 'x y', 'Via', ''],
    })
  })

  test('reads lines that end in LF', () => {
    expect(parse('HTTP/1.0 407\nA: b\n\n')).toEqual({ status: 407, length: 19, fields: ['A', 'b'] })
  })

  test('reads a run of blanks once, not once for each blank', () => {
    const value = `b${' '.repeat(150_000)}c`
    expect(parse(`HTTP/1.1 200 OK\r\nA: ${value}\r\n\r\n`)).toHaveProperty('fields', ['A', value])
  })

  test.each(['', 'HTT', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\nA: b\r\n\r'])('waits for more after %j', (text) => {
    expect(parse(text)).toBeUndefined()
  })

  test.each([
    'SSH-2.0-x',
    'HTTP/2 200 OK\r\n\r\n',
    '\r\n\r\n',
    'HTTP/1.1 abc\r\n\r\n',
    'HTTP/1.1 2000\r\n\r\n',
    'HTTP/1.1 099 x\r\n\r\n',
  ])('names the problem with %j', (text) => {
    expect(parse(text)).toHaveProperty('problem')
  })

  test('gives for any bytes a head, a problem or undefined, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, prefixed) => {
        const result = parse(prefixed ? `HTTP/1.1 200 ${text}` : text)
        return result === undefined || 'problem' in result || result.length <= text.length + 13
      }),
    )
  })

  test('reads back any head, wherever the bytes behind it begin', () => {
    const name = fc.stringMatching(/^[A-Za-z-]{1,10}$/)
    const value = fc.stringMatching(/^[!-~]{0,10}$/)
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 999 }),
        fc.array(fc.tuple(name, value)),
        fc.string(),
        (status, fields, rest) => {
          const head = `HTTP/1.1 ${status} x\r\n${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`
          expect(parse(head + rest)).toEqual({ status, length: head.length, fields: fields.flat() })
        },
      ),
    )
  })
})
