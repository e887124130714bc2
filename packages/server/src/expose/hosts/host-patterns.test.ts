import { describe, expect, test } from 'vitest'
import { HostPatterns } from './host-patterns.js'

describe('HostPatterns.allows', () => {
  test.each([
    ['app.example', 'app.example', true],
    ['App.Example.', 'app.example', true],
    ['app.example', 'www.app.example', false],
    ['*.example', 'app.example', true],
    ['*.example', 'a.b.example', true],
    ['*.example', 'example', false],
    ['*.example', 'notexample', false],
    ['*', 'any.thing', true],
  ])('with %s says of %s: %s', (pattern, host, allowed) => {
    expect(new HostPatterns([pattern]).allows(host)).toBe(allowed)
  })

  test('refuses a pattern that is none', () => {
    expect(() => new HostPatterns(['a.*.b'])).toThrow('"a.*.b" is no host name')
  })
})
