import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxCredentialsBytes } from '../limits.js'
import { accounts } from './accounts.js'

const username = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes(':'))
const account = fc.record(
  { username, password: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { noNullPrototype: true },
)
const list = fc.uniqueArray(account, { minLength: 1, maxLength: 4, selector: ({ username: name }) => name })

describe('accounts', () => {
  test('knows each of its accounts and nothing else', () => {
    fc.assert(
      fc.property(list, account, (known, other) => {
        const auth = accounts(known)
        const isListed = known.some((each) => each.username === other.username && each.password === other.password)
        const answers = [...known, other].map((each) => auth.verify(each.username, each.password))
        expect(answers).toEqual([...known.map(() => true), isListed])
      }),
    )
  })

  test('does not take a colon in an attempt for the end of the user name', () => {
    expect(accounts([{ username: 'ann', password: 'b:c' }]).verify('ann', 'c')).toBe(false)
  })

  test.each([
    [[], TypeError],
    [[{ username: 'a:b', password: 'c' }], TypeError],
    [[{ username: 'a' } as { username: string; password: string }], TypeError],
    [
      [
        { username: 'a', password: 'b' },
        { username: 'a', password: 'c' },
      ],
      TypeError,
    ],
    [[{ username: 'a', password: 'x'.repeat(maxCredentialsBytes) }], RangeError],
  ])('refuses the list %#', (refused, kind) => {
    expect(() => accounts(refused)).toThrow(kind)
  })
})
