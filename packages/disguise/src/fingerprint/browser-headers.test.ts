import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { browserHeaders, type HeaderValues } from './browser-headers.js'
import { fingerprints } from './fingerprint.js'
import { profiles } from './profiles.js'

const values: HeaderValues = { host: 'a.test:8443', secure: true, userAgent: 'agent', given: {} }
const headersOf = (changes: Partial<HeaderValues>) =>
  new Map(browserHeaders(profiles.chrome, { ...values, ...changes }))

describe('browserHeaders', () => {
  test('names the page of the same host as origin', () => {
    expect(headersOf({}).get('Origin')).toBe('https://a.test:8443')
  })

  test('names an origin without TLS where there is none', () => {
    expect(headersOf({ secure: false }).get('Origin')).toBe('http://a.test:8443')
  })

  test('follows the Host that was given, with the origin', () => {
    const headers = headersOf({ given: { host: 'b.test' } })
    expect({ host: headers.get('Host'), origin: headers.get('Origin') }).toEqual({
      host: 'b.test',
      origin: 'https://b.test',
    })
  })

  test('leaves Host and Origin to others where there is no host, as with UNIX sockets', () => {
    const headers = headersOf({ host: undefined })
    expect({ hasHost: headers.has('Host'), hasOrigin: headers.has('Origin') }).toEqual({
      hasHost: false,
      hasOrigin: false,
    })
  })

  test('sends cookies at their place when they are given, and else none', () => {
    const names = [...headersOf({ given: { Cookie: 'a=b' } }).keys()]
    expect({
      indexMinusIndex: names.indexOf('Cookie') - names.indexOf('Accept-Language'),
      hasCookie: headersOf({}).has('Cookie'),
    }).toEqual({ indexMinusIndex: 1, hasCookie: false })
  })

  test('keeps every given header once, and those of the browser in their order', () => {
    const name = fc.oneof(
      fc.constantFrom('Host', 'ORIGIN', 'user-agent', 'X-A', 'x-b'),
      fc.stringMatching(/^[a-z]{1,8}$/),
    )
    fc.assert(
      fc.property(fc.constantFrom(...fingerprints), fc.dictionary(name, fc.string()), (browser, given) => {
        const unique = new Set(Object.keys(given).map((each) => each.toLowerCase()))
        fc.pre(unique.size === Object.keys(given).length)
        const headers = browserHeaders(profiles[browser], { ...values, given })
        const sent = new Map(headers.map(([each, value]) => [each.toLowerCase(), value]))
        const names = headers.map(([each]) => each.toLowerCase())
        const order = profiles[browser].headers.map(([each]) => each.toLowerCase())
        expect(names.filter((each) => order.includes(each))).toEqual(order.filter((each) => names.includes(each)))
        expect(Object.entries(given).every(([key, value]) => sent.get(key.toLowerCase()) === value)).toBe(true)
        expect(new Set(names).size).toBe(names.length)
      }),
    )
  })
})
