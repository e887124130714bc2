import { expect, test, vi } from 'vitest'
import { entryLogger } from './entry-logger.js'

test('entryLogger does not look up the time zone, whose data would stay in memory', () => {
  const lookUp = vi.spyOn(Date.prototype, 'toISOString')
  entryLogger(() => {}).info({}, 'text')
  expect(lookUp).not.toHaveBeenCalled()
})
