import { expect, test } from 'vitest'
import * as api from './index.js'

test('@ls/metrics exports exactly these names', () => {
  expect(Object.keys(api).toSorted()).toMatchInlineSnapshot(`
    [
      "ExpositionWriter",
      "metrics",
      "metricsHandler",
    ]
  `)
})
