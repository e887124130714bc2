import { FakeClock, turns } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { periodMs, Questions, slowMs } from './questions.js'

let clock: FakeClock
let questions: Questions
let answers: (() => void)[]
let asked: number
let waits: number[]

beforeEach(() => {
  clock = new FakeClock()
  answers = []
  asked = 0
  waits = []
  const ask = (): Promise<void> => {
    asked++
    return new Promise((resolve) => answers.push(resolve))
  }
  questions = new Questions({ clock, ask, onSlow: (waitedMs) => waits.push(waitedMs) })
  questions.start()
})

async function answer(): Promise<void> {
  answers.shift()?.()
  await turns(1)
}

describe('Questions', () => {
  test('asks a server that answers once a period', async () => {
    for (let count = 0; count < 3; count++) {
      clock.advance(periodMs)
      await answer()
    }
    expect(asked).toBe(3)
  })

  test('asks no second question before the answer to the first', async () => {
    for (let count = 0; count < 30; count++) clock.advance(periodMs)
    expect(asked).toBe(1)
    await answer()
    clock.advance(periodMs)
    expect(asked).toBe(2)
  })

  test('reports that a server is slow', () => {
    clock.advance(periodMs)
    for (let waitedMs = 0; waitedMs < slowMs + periodMs; waitedMs += periodMs) clock.advance(periodMs)
    expect(waits).toEqual([slowMs, slowMs + periodMs])
  })

  test('asks once more after the answer, however often it is told to ask now', async () => {
    void questions.askNow()
    void questions.askNow()
    void questions.askNow()
    await answer()
    await answer()
    expect(asked).toBe(2)
  })

  test('asks no more once it is stopped', async () => {
    void questions.askNow()
    questions.stop()
    await answer()
    expect({ asked, pendingTimers: clock.pendingTimers }).toEqual({ asked: 1, pendingTimers: 0 })
  })
})
