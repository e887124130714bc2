import type { Logger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Admission } from './admission.js'
import { MemoryBudget } from './memory-budget.js'

/** An admission to a budget of 3200 bytes, all of them in use, and its log. */
function full() {
  const clock = new FakeClock()
  const lines: string[] = []
  const logger = { info: (_fields: object, text: string) => lines.push(text) } as unknown as Logger
  const budget = new MemoryBudget({ limitBytes: 3200 })
  budget.charge(3200)
  const outcomes: string[] = []
  const admission = new Admission({ clock, logger, budget })
  const wait = (name: string) => admission.wait((refusal) => outcomes.push(`${name}: ${refusal ?? 'in'}`))
  return { clock, lines, budget, admission, wait, outcomes }
}

describe('Admission', () => {
  test.each([
    ['more than a 32nd is left', 3099, false],
    ['no more than that is left', 3100, true],
    ['more is in use than there is', 4000, true],
  ])('where %s', (_title, usedBytes, mustWait) => {
    const budget = new MemoryBudget({ limitBytes: 3200 })
    budget.charge(usedBytes)
    const { clock } = full()
    expect(new Admission({ clock, logger: {} as Logger, budget }).mustWait).toBe(mustWait)
  })

  test('ignores promised memory that is not in use', () => {
    const { admission, budget } = full()
    budget.release(3200)
    budget.promise(1_000_000)
    expect(admission.mustWait).toBe(false)
  })

  test('admits waiting requests in order once there is memory', () => {
    const { clock, budget, wait, outcomes } = full()
    wait('first')
    wait('second')
    clock.advance(5000)
    const before = [...outcomes]
    budget.release(1000)
    clock.advance(100)
    expect({ before, outcomes }).toEqual({ before: [], outcomes: ['first: in', 'second: in'] })
  })

  test('keeps others behind those that wait', () => {
    const { budget, wait, admission } = full()
    wait('first')
    budget.release(3200)
    expect(admission.mustWait).toBe(true)
  })

  test('refuses after 10 s, each by its own time', () => {
    const { clock, wait, outcomes } = full()
    wait('first')
    clock.advance(5000)
    wait('second')
    clock.advance(6000)
    expect(outcomes).toEqual(['first: memory was short for 10000 ms'])
  })

  test('refuses a request above the limit of concurrent ones', () => {
    const { wait, outcomes } = full()
    for (let count = 0; count < 1025; count++) wait(`${count}`)
    expect(outcomes).toEqual(['1024: 1024 new connections wait for memory already'])
  })

  test('forgets one that gives up', () => {
    const { clock, budget, wait, outcomes } = full()
    wait('first')()
    budget.release(3200)
    clock.advance(100)
    expect({ outcomes, pendingTimers: clock.pendingTimers }).toEqual({ outcomes: [], pendingTimers: 0 })
  })

  test('refuses those that wait when the session ends, and leaves no timer', () => {
    const { clock, admission, wait, outcomes } = full()
    wait('first')
    admission.close('the session is over')
    expect({ outcomes, pendingTimers: clock.pendingTimers }).toEqual({
      outcomes: ['first: the session is over'],
      pendingTimers: 0,
    })
  })

  test('says so once in 10 s, however many wait', () => {
    const { clock, lines, wait } = full()
    for (let count = 0; count < 5; count++) wait(`${count}`)
    const [early] = [lines.length]
    clock.advance(12_000)
    wait('later')
    expect({ early, lines: lines.length }).toEqual({ early: 1, lines: 2 })
  })
})
