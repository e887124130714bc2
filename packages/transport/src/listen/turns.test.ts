import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from './turns.js'

/** Twenty jobs that come in one turn of the event loop. */
function runTwenty(turns: Turns, run: (job: number) => void): void {
  for (let job = 0; job < 20; job++) {
    turns.run(() => {
      run(job)
      return true
    })
  }
}

test('Turns.run runs eight jobs of one turn at once, and the others in later turns, in order', async () => {
  const done: number[] = []
  const counts: number[] = []
  runTwenty(new Turns(), (job) => done.push(job))
  for (let turn = 0; turn < 3; turn++) {
    counts.push(done.length)
    await nextTurn()
  }
  expect([counts, done]).toEqual([[8, 16, 20], Array.from({ length: 20 }, (_none, job) => job)])
})

test('Turns.run lets no job overtake those that wait', async () => {
  const turns = new Turns()
  const done: number[] = []
  runTwenty(turns, (job) => done.push(job))
  await nextTurn()
  turns.run(() => done.push(20) > 0)
  await nextTurn()
  await nextTurn()
  expect(done.at(-1)).toBe(20)
})

test('Turns.run gives no place to jobs with nothing left to do', async () => {
  const turns = new Turns()
  const done: number[] = []
  runTwenty(turns, () => {})
  for (let job = 0; job < 100; job++) turns.run(() => false)
  turns.run(() => done.push(1) > 0)
  for (let turn = 0; turn < 3; turn++) await nextTurn()
  expect(done).toEqual([1])
})
