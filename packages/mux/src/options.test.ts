import { expect, test } from 'vitest'
import { resolveSessionOptions } from './options.js'

test('resolveSessionOptions names the option and its range for a value outside of it', () => {
  expect(() => resolveSessionOptions({ maxChannels: 0 })).toThrow(
    new RangeError('maxChannels is 0; it must be a whole number of at least 1'),
  )
})

test('resolveSessionOptions reads the features in force off the extensions', () => {
  expect(resolveSessionOptions({ extensions: ['window', 'resume'] })).toMatchObject({
    window: true,
    fin: false,
    resume: true,
  })
})
