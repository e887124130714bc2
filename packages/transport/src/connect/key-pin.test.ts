import { createHash, createPublicKey, randomBytes } from 'node:crypto'
import { testCertificate } from '@ls/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { keyPinOf, parseKeyPin } from './key-pin.js'

describe('parseKeyPin', () => {
  test('reads every SHA-256, as we and as curl write it', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('base64'))
    fc.assert(
      fc.property(hash, fc.constantFrom(':', '//'), (base64, separator) => {
        expect(parseKeyPin(`sha256${separator}${base64}`)).toBe(`sha256:${base64}`)
      }),
    )
  })

  test.each([
    '',
    'sha256:',
    'sha1:abc',
    `sha256:${randomBytes(31).toString('base64')}`,
    randomBytes(32).toString('base64'),
  ])('refuses %j', (text) => {
    expect(() => parseKeyPin(text)).toThrow('it must be sha256: and 32 bytes in base64')
  })
})

describe('keyPinOf', () => {
  test('is the SHA-256 of the SubjectPublicKeyInfo', () => {
    const { cert } = testCertificate()
    const spki = createPublicKey(cert).export({ type: 'spki', format: 'der' })
    expect(keyPinOf(cert)).toBe(`sha256:${createHash('sha256').update(spki).digest('base64')}`)
  })
})
