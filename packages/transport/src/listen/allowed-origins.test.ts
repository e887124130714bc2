import { describe, expect, test } from 'vitest'
import { AllowedOrigins } from './allowed-origins.js'

describe('AllowedOrigins', () => {
  const origins = new AllowedOrigins(['https://Example.org', 'http://127.0.0.1:8080', 'null'])

  test.each<[origin: string | undefined, isAllowed: boolean]>([
    [undefined, true],
    ['https://example.org', true],
    ['https://EXAMPLE.org', true],
    ['http://127.0.0.1:8080', true],
    ['null', true],
    ['http://example.org', false],
    ['https://example.org.evil.example', false],
    ['https://evil.example', false],
    ['', false],
  ])('has %s: %s', (origin, isAllowed) => {
    expect(origins.has(origin)).toBe(isAllowed)
  })

  test('has none by default', () => {
    expect(new AllowedOrigins().has('null')).toBe(false)
  })

  test.each(['example.org', 'https://example.org/path', 'https://u@example.org', '*', ''])('refuses %j', (origin) => {
    expect(() => new AllowedOrigins([origin])).toThrow(RangeError)
  })
})
