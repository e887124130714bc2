import { expect, test } from 'vitest'
import * as client from './index.js'

test('@ls/client exports what its README lists', () => {
  expect(Object.keys(client).toSorted()).toMatchInlineSnapshot(`
    [
      "ClientError",
      "LinkSocksClient",
      "makeServerDial",
    ]
  `)
})
