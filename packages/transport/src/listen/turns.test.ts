import { setImmediate as nextTurn } from 'node:timers/promises'
import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Turns } from './turns.js'

const flood = '192.0.2.1'

/** Runs six jobs that arrive in one turn of the event loop. */
function runSix(turns: Turns, run: (job: number) => void, address = flood): void {
  for (let job = 0; job < 6; job++) {
    turns.run(address, () => {
      run(job)
      return true
    })
  }
}

/** Waits for the turns of the event loop that as many jobs take, where turns are short. */
async function turnsOf(jobs: number): Promise<void> {
  for (let turn = 0; turn < 4 * jobs; turn++) await nextTurn()
}

/** Waits for as many turns, in each of which a connection arrives that is cut before its job. */
async function turnsWithArrival(turns: Turns, count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    turns.run(flood, () => false)
    await nextTurn()
  }
}

test('Turns.run runs two jobs in one turn, and one in each four later ones while others arrive, in order', async () => {
  const turns = new Turns({ clock: new FakeClock() })
  const done: number[] = []
  const counts: number[] = []
  runSix(turns, (job) => done.push(job))
  for (let job = 0; job < 5; job++) {
    counts.push(done.length)
    await turnsWithArrival(turns, 4)
  }
  expect({ counts, done }).toEqual({ counts: [2, 3, 4, 5, 6], done: [0, 1, 2, 3, 4, 5] })
})

test('Turns.run runs one job in each turn in which no other arrives', async () => {
  const turns = new Turns({ clock: new FakeClock() })
  const done: number[] = []
  const counts: number[] = []
  runSix(turns, (job) => done.push(job))
  await nextTurn()
  for (let turn = 0; turn < 4; turn++) {
    counts.push(done.length)
    await nextTurn()
  }
  expect(counts).toEqual([2, 3, 4, 5])
})

test('Turns.run runs two jobs in each turn where turns are long', async () => {
  const clock = new FakeClock()
  const done: number[] = []
  const counts: number[] = []
  runSix(new Turns({ clock }), (job) => done.push(job))
  for (let turn = 0; turn < 3; turn++) {
    counts.push(done.length)
    clock.advance(8)
    await nextTurn()
  }
  expect(counts).toEqual([2, 4, 6])
})

test('Turns.run has as many jobs ready after a pause of any length', async () => {
  const clock = new FakeClock()
  const turns = new Turns({ clock })
  const done: number[] = []
  clock.advance(60_000)
  runSix(turns, (job) => done.push(job))
  await nextTurn()
  expect(done).toHaveLength(2)
})

test('Turns.run lets no job overtake those of its address that wait', async () => {
  const turns = new Turns({ clock: new FakeClock() })
  const done: number[] = []
  runSix(turns, (job) => done.push(job))
  await nextTurn()
  turns.run(flood, () => done.push(6) > 0)
  await turnsOf(6)
  expect(done.at(-1)).toBe(6)
})

test('Turns.run gives no place to jobs with nothing left to do', async () => {
  const turns = new Turns({ clock: new FakeClock() })
  const done: number[] = []
  runSix(turns, () => {})
  for (let job = 0; job < 100; job++) turns.run(flood, () => false)
  turns.run(flood, () => done.push(1) > 0)
  await turnsOf(5)
  expect(done).toEqual([1])
})

test('Turns.run lets a newcomer of another address wait for one job, whatever number of jobs wait', async () => {
  const turns = new Turns({ clock: new FakeClock() })
  const done: unknown[] = []
  for (let round = 0; round < 5; round++) runSix(turns, (job) => done.push(job))
  turns.run('192.0.2.2', () => done.push('newcomer') > 0)
  await turnsOf(2)
  expect(done.slice(2, 4)).toContain('newcomer')
})

test('Turns.run counts a /64 of IPv6 as one address', async () => {
  const turns = new Turns({ clock: new FakeClock() })
  const done: unknown[] = []
  runSix(turns, (job) => done.push(job), '2001:db8::1')
  turns.run('2001:db8::2', () => done.push('same network') > 0)
  await turnsOf(6)
  expect(done.at(-1)).toBe('same network')
})

test('Turns.run lets an address that had all the jobs of its second rest, and others go on', async () => {
  const clock = new FakeClock()
  const turns = new Turns({ clock, jobsPerSecond: 4 })
  const done: unknown[] = []
  runSix(turns, (job) => done.push(job))
  await turnsOf(6)
  turns.run('192.0.2.2', () => done.push('another') > 0)
  clock.advance(250)
  await turnsOf(2)
  expect(done).toEqual([0, 1, 2, 3, 'another', 4])
})

test('Turns.forgive returns the place of a job to its address', async () => {
  const turns = new Turns({ clock: new FakeClock(), jobsPerSecond: 1 })
  const done: string[] = []
  turns.run(flood, () => done.push('first') > 0)
  turns.forgive(flood)
  turns.run(flood, () => done.push('second') > 0)
  await turnsOf(1)
  expect(done).toEqual(['first', 'second'])
})

test('Turns.run counts no job with nothing left to do against the second of its address', async () => {
  const turns = new Turns({ clock: new FakeClock(), jobsPerSecond: 1 })
  const done: number[] = []
  for (let job = 0; job < 6; job++) turns.run(flood, () => false)
  turns.run(flood, () => done.push(1) > 0)
  await nextTurn()
  expect(done).toEqual([1])
})

test('Turns.run does not limit clients without an address', async () => {
  const turns = new Turns({ clock: new FakeClock(), jobsPerSecond: 1 })
  const done: number[] = []
  for (let job = 0; job < 6; job++) turns.run(undefined, () => done.push(job) > 0)
  await turnsOf(6)
  expect(done).toHaveLength(6)
})

test('Turns.cancel forgets a job that waits, also of an address that rests', async () => {
  const clock = new FakeClock()
  const turns = new Turns({ clock, jobsPerSecond: 1 })
  const done: string[] = []
  const [first, second, third] = ['first', 'second', 'third'].map((name) => () => done.push(name) > 0)
  for (const job of [first, second, third]) turns.run(flood, job!)
  await turnsOf(2)
  turns.cancel(flood, second!)
  clock.advance(1000)
  await turnsOf(2)
  expect(done).toEqual(['first', 'third'])
})
