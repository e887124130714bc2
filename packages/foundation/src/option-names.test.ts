import { describe, expect, test } from 'vitest'
import { checkOptionNames } from './option-names.js'

const known = { socksPort: true, url: true }

describe('checkOptionNames', () => {
  test('takes options that there are, with any value', () => {
    expect(() => checkOptionNames({ url: undefined }, known)).not.toThrow()
  })

  test.each([
    ['there is no option `socksport`; did you mean `socksPort`?', { socksport: 1 }],
    ['there is no option `port`; did you mean `socksPort`?', { port: 1 }],
    ['there is no option `toString`', { toString: 1 }],
  ])('says: %s', (text, options) => {
    expect(() => checkOptionNames(options, known)).toThrow(new TypeError(text))
  })
})
