import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TransportError } from '../errors.js'
import { parseServerUrl, placeOf, portOf, redactUrl, requestPathOf, socketPathOf } from './url.js'

describe('parseServerUrl', () => {
  test.each([
    ['example.com', 'wss://example.com/socket'],
    ['example.com/', 'wss://example.com/socket'],
    ['example.com:8765', 'wss://example.com:8765/socket'],
    ['localhost:8765', 'wss://localhost:8765/socket'],
    ['  example.com \n', 'wss://example.com/socket'],
    ['127.0.0.1:1', 'wss://127.0.0.1:1/socket'],
    ['[::1]:8765', 'wss://[::1]:8765/socket'],
    ['ws://example.com', 'ws://example.com/socket'],
    ['WSS://Example.COM', 'wss://example.com/socket'],
    ['http://example.com', 'ws://example.com/socket'],
    ['https://example.com:443', 'wss://example.com/socket'],
    ['https://example.com:8443/', 'wss://example.com:8443/socket'],
    ['http://example.com:443', 'ws://example.com:443/socket'],
    ['https://example.com:80', 'wss://example.com:80/socket'],
    ['ws://example.com/other', 'ws://example.com/other'],
    ['ws://example.com/socket/', 'ws://example.com/socket/'],
    ['ws://example.com?a=1', 'ws://example.com/socket?a=1'],
    ['example.com/link?a=b&c', 'wss://example.com/link?a=b&c'],
    ['ws://example.com/#part', 'ws://example.com/socket'],
    ['user:secret@example.com', 'wss://user:secret@example.com/socket'],
    ['bücher.example', 'wss://xn--bcher-kva.example/socket'],
    ['ws+unix:///run/ls.sock', 'ws+unix:///run/ls.sock:/socket'],
    ['ws+unix:///run/ls.sock:/', 'ws+unix:///run/ls.sock:/socket'],
    ['ws+unix:///run/ls.sock:/link?a=1#part', 'ws+unix:///run/ls.sock:/link?a=1'],
  ])('reads %j as %s', (text, href) => {
    expect(parseServerUrl(text).href).toBe(href)
  })

  test.each([
    '',
    '   ',
    'ws://',
    'ftp://example.com',
    'socks5://example.com',
    'a b',
    'ws://example.com:99999',
    'ws://[::1',
    'ws+unix://run/ls.sock',
    'ws+unix:///',
    'ws+unix:///:/socket',
    'ws+unix:///run/%zz.sock',
  ])('rejects %j with ERR_TRANSPORT_BAD_URL', (text) => {
    expect(() => parseServerUrl(text)).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT_BAD_URL' }))
  })

  test('names a scheme it does not take', () => {
    expect(() => parseServerUrl('ftp://example.com')).toThrow(
      "'ftp://example.com' is no server URL: its scheme is ftp://",
    )
  })

  test.each(['http//x', 'wss//x', 'wss:/x', 'ws:x', 'HTTPS:/x:443/path'])('rejects %j, a mistyped scheme', (text) => {
    expect(() => parseServerUrl(text)).toThrow('its scheme is not followed by ://')
  })

  test.each([`'wss://TOKEN@example.com/'`, ' "wss://example.com"', '`example.com', '“wss://example.com”'])(
    'rejects %j, whose quotation mark would be part of the host',
    (text) => {
      expect(() => parseServerUrl(text)).toThrow('it begins with a quotation mark: leave it out')
    },
  )

  test.each(['ws', 'https:8765', 'ws.example.com//path'])('takes %j, whose host looks like a scheme', (text) => {
    expect(parseServerUrl(text).protocol).toBe('wss:')
  })

  test.each(['::1', 'ws://::1:8765', 'wss://TOKEN@2001:db8::1/path'])(
    'says of %j that an IPv6 address needs brackets',
    (text) => {
      expect(() => parseServerUrl(text)).toThrow('an IPv6 address needs brackets, as in ws://[::1]:8765')
    },
  )

  test('shows no secrets of a URL it rejects', () => {
    expect(() => parseServerUrl('ftp://user:secret@example.com/?token=hash')).toThrow("'ftp://***@example.com/' is no")
  })

  test('any text is a WebSocket URL or a TransportError', () => {
    const outcomeOf = (text: string): string => {
      try {
        return parseServerUrl(text).protocol
      } catch (error) {
        return error instanceof TransportError ? error.code : String(error)
      }
    }
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.domain()), (text) => {
        expect(outcomeOf(text)).toBeOneOf(['ws:', 'wss:', 'ERR_TRANSPORT_BAD_URL'])
      }),
    )
  })

  test('reading its own result changes nothing', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), (text) => {
        const { href } = parseServerUrl(text)
        expect(parseServerUrl(href).href).toBe(href)
      }),
      { examples: [["https://example.com/a'"], ["https://example.com/?a='"]] },
    )
  })
})

describe('redactUrl', () => {
  test('hides the token hash and nothing else of the query', () => {
    expect(redactUrl('ws://h/socket?token=abc&reverse=true')).toBe('ws://h/socket?token=***&reverse=true')
  })

  test('hides a password', () => {
    expect(redactUrl('ws://user:secret@h/socket')).toBe('ws://user:***@h/socket')
  })

  test('does not change the URL that it got', () => {
    const url = new URL('ws://h/socket?token=abc')
    redactUrl(url)
    expect(url.searchParams.get('token')).toBe('abc')
  })
})

test('placeOf shows scheme, host and path only', () => {
  expect(placeOf(new URL('ws://user:secret@h:1/socket?token=abc'))).toBe('ws://h:1/socket')
})

test.each([
  ['ws://h', 80],
  ['wss://h', 443],
  ['wss://h:80', 80],
])('portOf %s is %d', (href, port) => {
  expect(portOf(new URL(href))).toBe(port)
})

describe('socketPathOf', () => {
  test.each([
    ['ws+unix:///run/ls.sock:/link', '/run/ls.sock'],
    ['ws+unix:///run/a%20b.sock:/link', '/run/a b.sock'],
    ['ws://example.com/link', undefined],
  ])('of %s is %s', (text, path) => {
    expect(socketPathOf(parseServerUrl(text))).toBe(path)
  })
})

describe('requestPathOf', () => {
  test.each([
    ['ws+unix:///run/ls.sock:/link', '/link'],
    ['ws+unix:///run/ls.sock', '/socket'],
    ['ws://example.com/link?a=b', '/link'],
  ])('of %s is %s', (text, path) => {
    expect(requestPathOf(parseServerUrl(text))).toBe(path)
  })
})
