import { describe, expect, test } from 'vitest'
import { didYouMean, suggest } from './suggestion.js'

describe('suggest', () => {
  const known = ['token', 'threads', 'socks-port', 'ws-port']

  test.each([
    ['tokne', ['token']],
    ['thread', ['threads']],
    ['sock-port', ['socks-port']],
    ['port', ['socks-port', 'ws-port']],
    ['zzz', []],
    ['', []],
    ['x'.repeat(100_000), []],
  ])('answers %s', (word, expected) => {
    expect(suggest(word, known)).toEqual(expected)
  })
})

describe('didYouMean', () => {
  test('joins what may have been meant', () => {
    expect(didYouMean(['--a', '--b'])).toBe('; did you mean --a or --b?')
  })

  test('says nothing of nothing', () => {
    expect(didYouMean([])).toBe('')
  })
})
