import { expect, test } from 'vitest'
import { QueueCuts } from './queue-cuts.js'

function results(...rounds: (readonly [rate: number, limitBytes: number] | 'no queue')[]): (number | undefined)[] {
  const cuts = new QueueCuts()
  return rounds.map((round) => (round === 'no queue' ? (cuts.forget(), undefined) : cuts.inVain(...round)))
}

test('QueueCuts restores the first limit after two cuts that lowered only the rate', () => {
  expect(results([100, 1000], [80, 800], [60, 600])).toEqual([undefined, undefined, 1000])
})

test('QueueCuts continues to cut while the rate stays', () => {
  expect(results([100, 1000], [98, 800], [97, 600], [96, 400])).toEqual([undefined, undefined, undefined, undefined])
})

test('QueueCuts forgets cuts once the queue is gone', () => {
  expect(results([100, 1000], [80, 800], 'no queue', [60, 600])).toEqual([undefined, undefined, undefined, undefined])
})

test('QueueCuts starts again after it has restored a limit', () => {
  expect(results([100, 1000], [80, 800], [60, 600], [50, 1000]).at(-1)).toBeUndefined()
})
