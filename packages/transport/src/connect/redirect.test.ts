import { describe, expect, test } from 'vitest'
import { resolveRedirect } from './redirect.js'

const original = new URL('ws://u:pw@server.test:8765/socket?token=hash&reverse=true')
const resolve = (location: string, from = original) => resolveRedirect(from, location, 302)

describe('resolveRedirect', () => {
  test('gives the same host the query and the credentials again', () => {
    expect(resolve('/elsewhere').url.href).toBe('ws://u:pw@server.test:8765/elsewhere?token=hash&reverse=true')
  })

  test('keeps the parameters that the location has', () => {
    expect(resolve('/elsewhere?reverse=false').url.search).toBe('?reverse=false&token=hash')
  })

  test.each(['http://server.test:9/x', 'https://server.test/x', 'wss://server.test:8765/x', '//server.test:1/x'])(
    'trusts %s, the same host',
    (location) => {
      expect(resolve(location)).toMatchObject({ trusted: true })
    },
  )

  test('turns http into ws', () => {
    expect(resolve('https://server.test/x').url.protocol).toBe('wss:')
  })

  test('refuses to give another host the token', () => {
    expect(() => resolve('ws://other.test/socket')).toThrow(
      expect.objectContaining({
        code: 'ERR_TRANSPORT_REDIRECTS',
        message: expect.stringContaining(
          'redirects (302) to ws://other.test/socket: another host does not get the token',
        ) as unknown,
      }),
    )
  })

  test('follows to another host with the token that the server itself put there', () => {
    expect(resolve('ws://other.test/socket?token=given')).toEqual({
      url: new URL('ws://other.test/socket?token=given'),
      trusted: false,
    })
  })

  test('follows to another host, without our query, when that holds no token', () => {
    const { url } = resolve('ws://other.test/link', new URL('ws://server.test/link?ext=fin'))
    expect(url.href).toBe('ws://other.test/link')
  })

  test('refuses to go from wss to ws, even on the same host', () => {
    expect(() => resolve('ws://server.test/socket', new URL('wss://server.test/socket'))).toThrow('unencrypted')
  })

  test.each(['http://', 'ws://[', 'ftp://server.test/', 'javascript:alert(1)', 'ws+unix:///run/l.sock:/'])(
    'refuses the location %s',
    (location) => {
      expect(() => resolve(location)).toThrow(expect.objectContaining({ code: 'ERR_TRANSPORT_REDIRECTS', status: 302 }))
    },
  )

  test('shows no secrets in its errors', () => {
    expect(() => resolve('ws://other.test/?key=secret')).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/hash|pw|secret/) as unknown }),
    )
  })
})
