import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accountCheck, formatBasic, maxCredentialsBytes, parseBasic } from './basic.js'

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

describe('accountCheck', () => {
  test('knows each of its accounts and nothing else', () => {
    fc.assert(
      fc.property(fc.array(account, { minLength: 1, maxLength: 4 }), account, (accounts, other) => {
        const mayUse = accountCheck(accounts)
        const isListed = accounts.some((each) => each.username === other.username && each.password === other.password)
        expect([...accounts, other].map(mayUse)).toEqual([...accounts.map(() => true), isListed])
      }),
    )
  })

  test.each([
    [[], RangeError],
    [[{ username: 'a:b', password: 'c' }], TypeError],
    [[{ username: 'a', password: 'x'.repeat(maxCredentialsBytes) }], RangeError],
    [[{ username: 'a' } as { username: string; password: string }], TypeError],
  ])('refuses the list %#', (accounts, kind) => {
    expect(() => accountCheck(accounts)).toThrow(kind)
  })
})
