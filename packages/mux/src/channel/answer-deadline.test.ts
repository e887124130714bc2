import { expect, test } from 'vitest'
import { remainingAnswerMs } from './answer-deadline.js'

test.each([
  ['a fresh channel', 0, 0, 15_000],
  ['a channel on a link that was up all the time', 9000, 9000, 6000],
  ['a channel whose link was down', 1000, 20_000, 14_000],
  ['a channel whose peer has had its time', 15_000, 15_000, 0],
  ['a channel near its limit', 1000, 55_000, 5000],
  ['a channel past its limit', 1000, 61_000, 0],
])('remainingAnswerMs of %s', (_, linkedMs, elapsedMs, remainingMs) => {
  expect(remainingAnswerMs({ linkedMs, elapsedMs, timeoutMs: 15_000, limitMs: 60_000 })).toBe(remainingMs)
})
