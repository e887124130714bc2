import { expect, test } from 'vitest'
import * as wisp from './index.js'

test('@ls/wisp exports what it says it does', () => {
  expect(Object.keys(wisp).toSorted()).toMatchInlineSnapshot(`
    [
      "WispConnection",
    ]
  `)
})
