import { expect, test } from 'vitest'
import { historyLength, type Rate, withRate } from './history.js'

test('withRate keeps as many as fit', () => {
  let history: readonly Rate[] = []
  for (let down = 0; down < historyLength + 5; down++) history = withRate(history, { down, up: 0 })
  expect({ history: history.length, down: history[0]?.down }).toEqual({ history: historyLength, down: 5 })
})
