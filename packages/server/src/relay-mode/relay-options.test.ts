import { expect, test } from 'vitest'
import { resolveRelayOptions } from './relay-options.js'

test('resolveRelayOptions has a limit for everything', () => {
  const limits = Object.values(resolveRelayOptions({}))
  expect(limits.every((limit) => typeof limit === 'number' && Number.isFinite(limit) && limit > 0)).toBe(true)
})

test.each([
  [{ maxCodes: 0 }, 'relay.maxCodes'],
  [{ keepMs: -1 }, 'relay.keepMs'],
  [{ notice: 'x'.repeat(1001) }, 'relay.notice has 1001 characters, the limit is 1000'],
])('resolveRelayOptions refuses %o', (options, text) => {
  expect(() => resolveRelayOptions(options)).toThrow(text)
})
