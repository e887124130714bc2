import { describe, expect, test } from 'vitest'
import { doSteps, doStepsWithPauses, maxBusyMs, Pauses, type Steps } from './steps.js'

function* threeSteps(onStep: () => void): Steps<string> {
  for (let step = 0; step < 3; step++) {
    onStep()
    yield
  }
  return 'done'
}

/** Counts the turns of the event loop until `work` is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  let next: NodeJS.Immediate | undefined
  const count = (): void => {
    turns++
    next = setImmediate(count)
  }
  next = setImmediate(count)
  await work()
  clearImmediate(next)
  return turns
}

describe('steps', () => {
  test('give their result without pauses', () => {
    let steps = 0
    const result = doSteps(threeSteps(() => steps++))
    expect({ result, steps }).toEqual({ result: 'done', steps: 3 })
  })

  test('pause after each step that takes long', async () => {
    let nowMs = 0
    const pauses = new Pauses(() => nowMs)
    const turns = await turnsDuring(() =>
      doStepsWithPauses(
        threeSteps(() => (nowMs += maxBusyMs)),
        pauses,
      ),
    )
    expect(turns).toBe(3)
  })

  test('pause only once enough time has passed since the last pause', async () => {
    let nowMs = 0
    const pauses = new Pauses(() => nowMs)
    const turns = await turnsDuring(() =>
      doStepsWithPauses(
        threeSteps(() => (nowMs += maxBusyMs / 2)),
        pauses,
      ),
    )
    expect(turns).toBe(1)
  })

  test('throw what a step throws', async () => {
    const fault = new Error('a fault')
    const failing = (): void => {
      throw fault
    }
    await expect(doStepsWithPauses(threeSteps(failing))).rejects.toBe(fault)
  })
})
