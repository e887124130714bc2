import { expect, test } from 'vitest'
import * as api from './index.js'

test('@ls/observe exports exactly these names', () => {
  expect(Object.keys(api).toSorted()).toMatchInlineSnapshot(`
    [
      "Destinations",
      "LiveView",
      "Query",
      "maxRows",
      "pageNames",
      "pageOf",
      "tooManyReaders",
    ]
  `)
})
