import { expect, test } from 'vitest'
import * as batching from './index.js'

test('@ls/batching exports exactly these names', () => {
  expect(Object.keys(batching).toSorted()).toMatchInlineSnapshot(`
    [
      "Batcher",
      "BatchingError",
      "RateMeter",
      "adaptiveDelay",
      "batchingErrorCodes",
      "defaultBufferBytes",
      "maxBufferLimitBytes",
      "maxDelayLimitMs",
    ]
  `)
})
