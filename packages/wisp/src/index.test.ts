import { expect, test } from 'vitest'
import * as wisp from './index.js'

test('@ls/wisp exports what its README lists', () => {
  expect(Object.keys(wisp).toSorted()).toMatchInlineSnapshot(`
    [
      "WispConnection",
    ]
  `)
})
