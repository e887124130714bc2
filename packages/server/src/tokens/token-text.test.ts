import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instanceId, hashFault, keyOfClearText, keyOfHash, tokenId, tokenKey } from './token-text.js'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('tokenKey', () => {
  test('is the same for a token and its hashes, and for what clients send', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (token) => {
        const sent = sha256(token)
        const registered = [tokenKey(token), tokenKey(`sha256:${sent}`), tokenKey(`sha256x2:${sha256(sent)}`)]
        expect(new Set([...registered, keyOfHash(sent), keyOfClearText(token)]).size).toBe(1)
      }),
    )
  })

  test('is another one for the text of a hash that a client shows as its token', () => {
    const text = `sha256:${sha256('t')}`
    expect(keyOfClearText(text)).not.toBe(tokenKey(text))
  })

  test('is another one for the second hash that a client sends', () => {
    const twice = sha256(sha256('t'))
    expect(keyOfHash(twice)).not.toBe(tokenKey(`sha256x2:${twice}`))
  })
})

test('tokenId is the same for a token and its SHA-256', () => {
  expect(tokenId(`sha256:${sha256('t')}`)).toBe(tokenId('t'))
})

test('instanceId is 16 hex digits that the id of a process does not begin with', () => {
  const instance = 'c0ffee'.repeat(5)
  expect(instanceId(instance)).toBe(sha256(instance).slice(0, 16))
})

test.each(['sha256:', 'sha256:xyz', `sha256:${'A'.repeat(64)}`, 'sha256x2:00'])(
  'hashFault names the form of %s',
  (text) => {
    expect(hashFault(text)).toMatch(
      /^a token that begins with sha256(x2)?: must continue with 64 lowercase hex digits$/,
    )
  },
)
