import { expect, test } from 'vitest'
import { checkKeepaliveTiming } from './keepalive-timing.js'

test.each([
  [0, 45_000],
  [-1, 45_000],
  [Number.NaN, 45_000],
  [20_000, 20_000],
  [20_000, 5000],
  [20_000, Infinity],
  [20_000, Number.NaN],
])('checkKeepaliveTiming rejects a period of %d ms with a deadline of %d ms', (periodMs, timeoutMs) => {
  expect(() => checkKeepaliveTiming({ periodMs, timeoutMs })).toThrow(RangeError)
})
