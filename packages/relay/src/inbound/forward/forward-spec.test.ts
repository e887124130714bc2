import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatForward, parseForward } from './forward-spec.js'

describe('parseForward', () => {
  test.each([
    ['5432=db.internal:5432', '127.0.0.1:5432=db.internal:5432'],
    ['0.0.0.0:80=[2001:db8::1]:8080', '0.0.0.0:80=[2001:db8::1]:8080'],
    ['[::1]:0=h:1', '[::1]:0=h:1'],
    ['unix:/run/a=b.sock=h:1', 'unix:/run/a=b.sock=h:1'],
    ['udp:5353=10.0.0.2:53', 'udp:127.0.0.1:5353=10.0.0.2:53'],
    ['1=127.1:80', '127.0.0.1:1=127.0.0.1:80'],
  ])('reads %s', (text, canonical) => {
    expect(formatForward(parseForward(text))).toBe(canonical)
  })

  test.each([
    ['5432', '"5432" is no fixed port; write '],
    ['=h:1', '"=h:1" is no fixed port; write '],
    ['1=h', '"1=h" has no valid target: "h" is not HOST:PORT'],
    ['1=h:0', '"1=h:0" has no valid target: "h:0": the port of the target is 0'],
    ['1=h:65536', '"1=h:65536" has no valid target: "h:65536": the port of the target is 65536'],
    ['1=a b:1', '"1=a b:1" has no valid target: "a b:1": the host "a b"'],
    ['65536=h:1', '"65536" has port 65536; ports end at 65535'],
    ['host=h:1', '"host" is no place to listen; '],
    ['ws://h:1/a=h:1', '"ws://h:1/a=h:1" listens on a WebSocket; '],
    ['udp:unix:/a=h:1', '"udp:unix:/a=h:1" is UDP on a UNIX socket; '],
  ])('refuses %s, saying %s', (text, message) => {
    expect(() => parseForward(text)).toThrow(message)
  })

  test('throws only RangeError, for any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        try {
          parseForward(text)
          return true
        } catch (error) {
          return error instanceof RangeError
        }
      }),
    )
  })
})
