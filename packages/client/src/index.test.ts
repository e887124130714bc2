import { expect, test } from 'vitest'
import * as client from './index.js'

test('@ls/client exports what it says it does', () => {
  expect(Object.keys(client).toSorted()).toMatchInlineSnapshot(`
    [
      "ClientError",
      "LinkSocksClient",
      "makeServerDial",
    ]
  `)
})
