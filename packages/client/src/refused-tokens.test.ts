import { expect, test } from 'vitest'
import { isFinalRefusal, tokenRetryMs } from './refused-tokens.js'

test.each([
  // Our servers.
  'a code of 5 characters; it must have at least 8',
  'this code is too easy to guess: add more words that are less common',
  'a provider gives a connector token itself, not its hash',
  // The deployed relay; all but the first and the last are of zxcvbn 4.4.
  'Token must be at least 8 characters',
  'Straight rows of keys are easy to guess',
  'Short keyboard patterns are easy to guess',
  'Repeats like "aaa" are easy to guess',
  'Repeats like "abcabcabc" are only slightly harder to guess than "abc"',
  'Sequences like abc or 6543 are easy to guess',
  'Recent years are easy to guess',
  'Dates are often easy to guess',
  'This is a top-10 common password',
  'This is a top-100 common password',
  'This is a very common password',
  'This is similar to a commonly used password',
  'A word by itself is easy to guess',
  'Names and surnames by themselves are easy to guess',
  'Common names and surnames are easy to guess',
  'Add another word or two. Uncommon words are better.',
  'Token is too weak',
])('isFinalRefusal is true for %j', (reason) => {
  expect(isFinalRefusal(reason)).toBe(true)
})

test.each([
  'connector token already exists',
  'Connector token already exists, please choose a different one',
  'too many codes from this address: wait 8 s',
  'too many codes from this address: the relay is checking too many codes, try again in a minute',
  'too many connector tokens: 16 are registered, the limit of a reverse token',
  'reverse token does not exist',
  'internal error',
  'the state file /s.json cannot be written: ENOSPC: no space left on device, write',
  'Failed to add connector token',
  'this token does not allow to manage connectors',
  'Unauthorized connector management attempt',
  'the server did not answer within 10000 ms',
])('isFinalRefusal is false for %j, which may pass', (reason) => {
  expect(isFinalRefusal(reason)).toBe(false)
})

test('tokenRetryMs doubles up to a minute', () => {
  expect([1, 2, 3, 4, 50].map(tokenRetryMs)).toEqual([10_000, 20_000, 40_000, 60_000, 60_000])
})
