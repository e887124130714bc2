import { expect, test } from 'vitest'
import { portRetryMs } from './port-retry.js'

test('portRetryMs doubles from a second to 30', () => {
  expect([1, 2, 3, 4, 5, 6, 1000].map(portRetryMs)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
})
