import { expect, test } from 'vitest'
import type { PathSample } from './path-sampler.js'
import { PathStart } from './path-start.js'

const baseMs = 100
const newTcpBytes = 65_536

interface Round {
  readonly rate: number
  readonly lateMs: number
  readonly inFlightBytes?: number
}

/** Lets a start judge rounds; returns it with its last step. */
function judge(rounds: readonly Round[], relaxed = false): { start: PathStart; step: string } {
  const start = new PathStart(newTcpBytes)
  let step = ''
  for (const { rate, lateMs, inFlightBytes = 200_000 } of rounds) {
    const round: PathSample = { sequence: 1, delayMs: baseMs + lateMs, baseMs, rate, inFlightBytes, heldBack: true }
    step = start.learn(round, lateMs, relaxed)
  }
  return { start, step }
}

test.each([
  { name: 'doubles while there is no queue', rounds: [{ rate: 100, lateMs: 0 }], step: 'double' },
  {
    name: 'doubles without a queue even if throughput does not grow',
    rounds: [1, 2, 3].map(() => ({ rate: 100, lateMs: 0 })),
    step: 'double',
  },
  { name: 'keeps the limit in a late round', rounds: [{ rate: 100, lateMs: 50 }], step: 'keep' },
  {
    name: 'ends after two late rounds without growth',
    rounds: [1, 2, 3].map(() => ({ rate: 100, lateMs: 50 })),
    step: 'end',
  },
])('PathStart $name', ({ rounds, step }) => {
  expect(judge(rounds).step).toBe(step)
})

test('PathStart doubles in a late round with more throughput where urgent messages have another transport', () => {
  const rounds = [
    { rate: 100, lateMs: 0 },
    { rate: 130, lateMs: 50 },
  ]
  expect({ alone: judge(rounds).step, relaxed: judge(rounds, true).step }).toEqual({ alone: 'keep', relaxed: 'double' })
})

test.each([
  {
    name: 'a long delay that ends',
    rounds: [
      { rate: 100, lateMs: 60 },
      { rate: 100, lateMs: 20 },
    ],
    losses: true,
  },
  {
    name: 'a long delay at a rate that rises',
    rounds: [
      { rate: 100, lateMs: 60 },
      { rate: 160, lateMs: 60 },
    ],
    losses: true,
  },
  {
    name: 'a long delay that stays',
    rounds: [
      { rate: 100, lateMs: 60 },
      { rate: 110, lateMs: 50 },
    ],
    losses: false,
  },
  {
    name: 'a delay as of a busy machine',
    rounds: [
      { rate: 100, lateMs: 40 },
      { rate: 160, lateMs: 0 },
    ],
    losses: false,
  },
  {
    name: 'a delay of a new TCP connection',
    rounds: [
      { rate: 100, lateMs: 60, inFlightBytes: newTcpBytes },
      { rate: 160, lateMs: 0, inFlightBytes: newTcpBytes },
    ],
    losses: false,
  },
  {
    name: 'a path that holds more than a third of the send buffer',
    rounds: [
      { rate: 100, lateMs: 60 },
      { rate: 14_000, lateMs: 0 },
    ],
    losses: false,
  },
])('PathStart assumes losses after $name: $losses', ({ rounds, losses }) => {
  expect(judge(rounds).start.hasLosses(baseMs)).toBe(losses)
})

test.each([
  { name: 'reports a delay of bulk', inFlightBytes: newTcpBytes + 1, delay: true },
  { name: 'ignores a delay of a new TCP connection', inFlightBytes: newTcpBytes, delay: false },
])('PathStart $name', ({ inFlightBytes, delay }) => {
  expect(judge([{ rate: 100, lateMs: 50, inFlightBytes }]).start.sawDelay).toBe(delay)
})
