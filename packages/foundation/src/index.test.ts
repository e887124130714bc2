import { expect, test } from 'vitest'
import * as foundation from './index.js'

test('@ls/foundation exports exactly these names', () => {
  expect(Object.keys(foundation).toSorted()).toMatchInlineSnapshot(`
    [
      "checkDurationMs",
      "checkInteger",
      "maxPort",
      "maxTimerMs",
      "silentLogger",
      "systemClock",
    ]
  `)
})
