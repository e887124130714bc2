import { describe, expect, test } from 'vitest'
import { checkDurationMs, checkInteger, maxTimerMs } from './ranges.js'

describe('checkInteger', () => {
  test('returns a value within the limits', () => {
    expect(checkInteger('maxLinks', 7, 1, 10)).toBe(7)
  })

  test.each([0, 11, 1.5, Number.NaN, Infinity])(
    'refuses %s and names the option, the value and the limits',
    (value) => {
      const text = `maxLinks is ${value}; it must be a whole number from 1 to 10`
      expect(() => checkInteger('maxLinks', value, 1, 10)).toThrow(new RangeError(text))
    },
  )

  test('names only the lower limit where there is no upper one', () => {
    expect(() => checkInteger('bytes', 0, 1)).toThrow('bytes is 0; it must be a whole number of at least 1')
  })

  test('refuses a text that looks like a number', () => {
    expect(() => checkInteger('port', '80' as unknown as number, 0, 65_535)).toThrow('port is "80"')
  })
})

describe('checkDurationMs', () => {
  test.each([1, 0.5 + 1, maxTimerMs])('takes %s', (value) => {
    expect(checkDurationMs('idleMs', value)).toBe(value)
  })

  test.each([0, -5, Number.NaN, maxTimerMs + 1])('refuses %s', (value) => {
    const text = `idleMs is ${value}; it must be from 1 to 2147483647 ms`
    expect(() => checkDurationMs('idleMs', value)).toThrow(new RangeError(text))
  })

  test('takes 0 where the caller allows it', () => {
    expect(checkDurationMs('graceMs', 0, 0)).toBe(0)
  })
})
