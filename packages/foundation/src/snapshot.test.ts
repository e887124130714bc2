import { expect, test } from 'vitest'
import { isFailedOutcome } from './snapshot.js'

test.each(['ok', 'cancelled'])('isFailedOutcome does not count %s as a failure', (outcome) => {
  expect(isFailedOutcome(outcome)).toBe(false)
})

test.each(['aborted', 'link-lost', 'refused'])('isFailedOutcome counts %s as a failure', (outcome) => {
  expect(isFailedOutcome(outcome)).toBe(true)
})
