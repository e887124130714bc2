import { describe, expect, test } from 'vitest'
import { accounts } from './accounts.js'

const ada = { username: 'ada', password: 'secret' }
const grace = { username: 'grace', password: 'hopper' }

describe('accounts', () => {
  test.each([
    ['ada', 'secret', true],
    ['grace', 'hopper', true],
    ['ada', 'hopper', false],
    ['ada', '', false],
    ['', '', false],
    ['adas', 'ecret', false],
    ['ADA', 'secret', false],
  ])('verifies %j with %j as %s', (username, password, expected) => {
    expect(accounts([ada, grace]).verify(username, password)).toBe(expected)
  })

  test('takes an account without a password', () => {
    expect(accounts([{ username: 'ada', password: '' }]).verify('ada', '')).toBe(true)
  })

  test.each([
    ['an empty list', []],
    ['an empty user name', [{ username: '', password: 'x' }]],
    ['a user listed twice', [ada, { username: 'ada', password: 'other' }]],
  ])('throws a TypeError for %s', (_, list) => {
    expect(() => accounts(list)).toThrow(TypeError)
  })

  test.each([[{ username: 'ü'.repeat(128), password: 'x' }], [{ username: 'ada', password: 'p'.repeat(256) }]])(
    'throws a RangeError for a text of 256 bytes, without quoting a password',
    (account) => {
      expect(() => accounts([account])).toThrow(RangeError)
      expect(() => accounts([account])).not.toThrow(/pppp/)
    },
  )
})
