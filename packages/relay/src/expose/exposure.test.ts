import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatExposure, formatPlace, parseExposure, readExposure, readPlace, writeExposure } from './exposure.js'

describe('parseExposure', () => {
  test.each([
    ['2222=localhost:22', '2222=localhost:22'],
    ['tcp:2222=localhost:22', '2222=localhost:22'],
    ['0=[::1]:22,proxy=v2', '0=[::1]:22,proxy=v2'],
    ['udp:5353=10.0.0.2:53', 'udp:5353=10.0.0.2:53'],
    ['1=127.1:80,proxy=v1', '1=127.0.0.1:80,proxy=v1'],
  ])('reads %s', (text, canonical) => {
    expect(formatExposure(parseExposure(text))).toBe(canonical)
  })

  test.each([
    ['2222', '"2222" exposes nothing; write PORT='],
    ['=h:1', '"=h:1" exposes nothing; write PORT='],
    ['1=h', '"h" is no target to expose: "h" is not HOST:PORT'],
    ['65536=h:1', '"tcp:65536" has no port from 0 to 65535'],
    ['udp:x=h:1', '"udp:x" has no port from 0 to 65535'],
    ['0.0.0.0:80=h:1', '"0.0.0.0:80" is nothing to expose; write PORT='],
    ['quic:app.example=h:1', '"quic:app.example" is nothing to expose; write PORT='],
    ['1=h:1,proxy=v3', '"v3" is no version of the PROXY protocol; write v1 or v2'],
    ['udp:1=h:1,proxy=v1', 'UDP has no PROXY protocol header here'],
  ])('refuses %s, saying %s', (text, message) => {
    expect(() => parseExposure(text)).toThrow(message)
  })

  test('throws only RangeError, for any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        try {
          parseExposure(text)
          return true
        } catch (error) {
          return error instanceof RangeError
        }
      }),
    )
  })
})

const ports = fc.record({ protocol: fc.constantFrom('tcp', 'udp'), port: fc.nat(65_535) })

test('readExposure reads what writeExposure writes', () => {
  fc.assert(
    fc.property(ports, ({ protocol, port }) => {
      const exposure = readExposure({ open: `${protocol}:${port}`, target: 'localhost:22' })
      expect(readExposure(writeExposure(exposure))).toEqual(exposure)
    }),
  )
})

test.each([
  { open: 'a'.repeat(600_000), target: 'localhost:22' },
  { open: `tcp:${'1'.repeat(600_000)}`, target: 'localhost:22' },
  { open: 'tcp:1', target: 'a'.repeat(600_000) },
  { open: 'tcp:1', target: 'localhost:22', proxy: 'a'.repeat(600_000) },
])('readExposure refuses a long text with a short one', (texts) => {
  expect(() => readExposure(texts)).toThrow(/^.{1,200}$/)
})

test('readPlace reads what formatPlace writes', () => {
  expect(formatPlace(readPlace('udp:5353'))).toBe('udp:5353')
})

describe('parseExposure of host names', () => {
  test.each([
    ['http:App.Example.=localhost:3000', 'http:app.example=localhost:3000'],
    ['tls:app.example=localhost:443,proxy=v2', 'tls:app.example=localhost:443,proxy=v2'],
    ['http:bücher.example=[::1]:80', 'http:xn--bcher-kva.example=[::1]:80'],
  ])('reads %s', (text, formatted) => {
    expect(formatExposure(parseExposure(text))).toBe(formatted)
  })

  test.each(['http:10.0.0.1', 'http:*.example', 'tls:a..b', 'http:a:80', 'tls:a/b', 'http:x y'])(
    'refuses %s',
    (place) => {
      expect(() => parseExposure(`${place}=localhost:1`)).toThrow('is no host name')
    },
  )
})
