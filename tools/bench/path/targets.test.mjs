import { expect, test } from 'vitest'
import { backAfterMs, payloadMbit, shortfalls } from './targets.mjs'

const plain = { mbit: 20, echoP50Ms: 100, openP50Ms: 200 }
const figures = { mbit: 19, idleMs: 50, echoP50Ms: 60, echoP99Ms: 90, openP50Ms: 150 }

test('shortfalls names what is beyond a target of the row', () => {
  expect(shortfalls({ mbitShare: 0.95, p99BeyondIdleMs: 30, openOfPlain: 1.1 }, figures, plain)).toEqual([
    'p99 90 > 80 ms',
  ])
})

test('shortfalls compares with plain TCP', () => {
  expect(shortfalls({ mbitShare: 0.96, p50OfPlain: 0.5, openOfPlain: 0.5 }, figures, plain)).toEqual([
    'throughput 0.95 < 0.96',
    'p50 60 > 50 ms',
    'opening 150 > 100 ms',
  ])
})

test('shortfalls expects no more than the path carries', () => {
  expect(shortfalls({ mbitShare: 0.96 }, figures, plain, 19.3)).toEqual([])
})

test.each([
  { name: 'headers and losses', row: { shape: { mbit: 50, lossPercent: 4 } }, mbit: 46.3 },
  { name: 'changes of the rate', row: { shape: { mbit: 20, lossPercent: 0 }, changes: [20, 1] }, mbit: 10.1 },
])('payloadMbit allows for $name', ({ row, mbit }) => {
  expect(payloadMbit(row)).toBeCloseTo(mbit, 1)
})

test('shortfalls takes each change of the rate by itself', () => {
  expect(shortfalls({ backMs: 300 }, { ...figures, backMs: [200, 900] }, plain)).toEqual(['back 900 > 300 ms'])
})

test('backAfterMs is the time from a change to its last slow echo', () => {
  const echoes = [900, 1000, 1100, 1200, 2100].map((atMs) => ({ atMs, tookMs: atMs === 1200 ? 50 : 500 }))
  expect(backAfterMs(echoes, { fromMs: 1000, toMs: 2000, allowedMs: 100 })).toBe(100)
})

test('backAfterMs forgives one slow echo in a hundred', () => {
  const echoes = Array.from({ length: 100 }, (_, index) => ({
    atMs: index,
    tookMs: index === 0 || index === 70 ? 500 : 50,
  }))
  expect(backAfterMs(echoes, { fromMs: 0, toMs: 100, allowedMs: 100 })).toBe(0)
})
