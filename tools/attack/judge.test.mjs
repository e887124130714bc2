import { expect, test } from 'vitest'
import { judge, percentile } from './judge.mjs'

const calm = {
  peakMebibytes: 100,
  before: { p99: 20 },
  during: { p99: 60, failed: 0 },
  faults: [],
}

test('judge finds nothing where all limits hold', () => {
  expect(judge(calm)).toEqual([])
})

test.each([
  ['memory past the limit', { peakMebibytes: 301 }, /held 301 MiB/],
  ['memory that was not measured', { peakMebibytes: Number.NaN }, /held NaN MiB/],
  ['a p99 of more than three times as much', { during: { p99: 61, failed: 0 } }, /from 20.0 to 61.0 ms/],
  ['a bystander without an answer', { during: { p99: Number.NaN, failed: 0 } }, /to NaN ms/],
  ['a failed request', { during: { p99: 60, failed: 1, reason: 'reset' } }, /1 requests .* failed: reset/],
  ['what the attack itself saw', { faults: ['smuggled'] }, /smuggled/],
])('judge names %s', (_name, change, text) => {
  expect(judge({ ...calm, ...change })).toEqual([expect.stringMatching(text)])
})

test('judge lets a p99 below the floor pass', () => {
  expect(judge({ ...calm, before: { p99: 2 }, during: { p99: 49, failed: 0 } })).toEqual([])
})

test('percentile gives the value that the share does not exceed', () => {
  expect(percentile([5, 1, 4, 2, 3], 0.5)).toBe(3)
})
