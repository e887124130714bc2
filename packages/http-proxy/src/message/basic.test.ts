import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatBasic, parseBasic } from './basic.js'

const username = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes(':'))
const account = fc.record(
  { username, password: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { noNullPrototype: true },
)

describe('parseBasic', () => {
  test('reads back what formatBasic writes', () => {
    fc.assert(
      fc.property(account, (account) => {
        expect(parseBasic(formatBasic(account))).toEqual(account)
      }),
    )
  })

  test('gives for any text undefined or an account', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.base64String().map((token) => `Basic ${token}`),
    )
    fc.assert(
      fc.property(text, (text) => {
        const account = parseBasic(text)
        return account === undefined || !account.username.includes(':')
      }),
    )
  })

  test('takes the scheme in any case and an empty password', () => {
    expect(parseBasic(`bAsIc  ${btoa('ann:')} `)).toEqual({ username: 'ann', password: '' })
  })

  test.each([
    '',
    'Basic',
    'Basic ',
    `Bearer ${btoa('a:b')}`,
    `Basic ${btoa('ab')}`,
    'Basic YTpi!',
    'Basic YTpi YTpi',
    'BasicYTpi',
  ])('refuses %j', (value) => {
    expect(parseBasic(value)).toBeUndefined()
  })
})
