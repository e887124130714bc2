import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DirectError } from './errors.js'
import { decodeGreeting, encodeGreeting, type Greeting, maxGreetingBytes } from './greeting.js'

const hex = (digits: number) =>
  fc.string({ minLength: digits, maxLength: digits, unit: fc.constantFrom(...'0123456789abcdef'.split('')) })
const mac = hex(64)
const greetings: fc.Arbitrary<Greeting> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('hello' as const),
      purpose: fc.constantFrom('offer' as const, 'move' as const),
      session: hex(32),
      nonce: hex(32),
      trace: fc.constant(true),
      mac,
    },
    { requiredKeys: ['kind', 'purpose', 'session', 'nonce', 'mac'] },
  ),
  fc.record(
    { kind: fc.constant('welcome' as const), nonce: hex(32), provider: hex(32), trace: fc.constant(true), mac },
    { requiredKeys: ['kind', 'nonce', 'mac'] },
  ),
  fc.record({ kind: fc.constantFrom('move' as const, 'moved' as const), received: fc.maxSafeNat(), mac }),
  fc.record({ kind: fc.constantFrom('offer' as const, 'answer' as const), sdp: fc.string(), mac }),
  fc.record({ kind: fc.constant('refused' as const), reason: fc.string({ maxLength: 256 }) }),
)

test('decodeGreeting reads what encodeGreeting wrote', () => {
  fc.assert(
    fc.property(greetings, (greeting) => {
      expect(decodeGreeting(encodeGreeting(greeting))).toEqual(greeting)
    }),
  )
})

test('decodeGreeting throws only DirectError, for any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => new TextEncoder().encode(text)),
  )
  fc.assert(
    fc.property(bytes, (any) => {
      expect(failureOf(any)).toSatisfy((error) => error === undefined || error instanceof DirectError)
    }),
  )
})

function failureOf(bytes: Uint8Array): unknown {
  try {
    decodeGreeting(bytes)
    return undefined
  } catch (error) {
    return error
  }
}

test('decodeGreeting names the size and the limit of a greeting that is too long', () => {
  expect(() => decodeGreeting(new Uint8Array(maxGreetingBytes + 1))).toThrow('of 16385 bytes; the limit is 16384')
})

test.each([
  { kind: 'hello', purpose: 'else', session: '0'.repeat(32), nonce: '0'.repeat(32), mac: '0'.repeat(64) },
  { kind: 'move', received: -1, mac: '0'.repeat(64) },
  { kind: 'move', received: 1, mac: '0'.repeat(63) },
  { kind: 'offer', sdp: 1, mac: '0'.repeat(64) },
  { kind: 'unknown', mac: '0'.repeat(64) },
])('decodeGreeting refuses %j', (value) => {
  expect(() => decodeGreeting(new TextEncoder().encode(JSON.stringify(value)))).toThrow(
    'no greeting of the direct path',
  )
})
