import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readQuickLink, writeQuickLink } from './quick-link.js'

describe('readQuickLink', () => {
  test('finds every token that writeQuickLink has put in', () => {
    const tokens = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
    const urls = fc.constantFrom('wss://a.example:8765/', 'ws://[::1]:1/x?ed=1', 'wss://h')
    fc.assert(
      fc.property(tokens, urls, (token, url) => {
        expect(readQuickLink(writeQuickLink(url, token))).toEqual({ url, token })
      }),
    )
  })

  test.each(['wss://user:password@host/', 'wss://host/a@b', 'host:8765', 'ws+unix:///a.sock', 'token@host'])(
    'leaves %s as it is',
    (url) => {
      expect(readQuickLink(url)).toEqual({ url, token: undefined })
    },
  )

  test('refuses a token that is not percent-encoded rightly, without showing it', () => {
    expect(() => readQuickLink('wss://s3cret%zz@host/')).toThrow(
      'the token in the URL has a % that is not followed by two hex digits; write %25 for a %',
    )
  })
})
