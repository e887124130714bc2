import { expect, test } from 'vitest'
import * as server from './index.js'

test('@ls/server exports exactly these names', () => {
  expect(Object.keys(server).toSorted()).toMatchInlineSnapshot(`
    [
      "LinkSocksServer",
      "OwnersInFolder",
      "Policy",
      "PolicyFault",
      "ServerError",
      "ServerState",
      "checkPortRanges",
      "defaultGuard",
      "defaultSocketPaths",
      "makeOwnerId",
      "openApiSocket",
      "ownerIdOf",
      "tokenKey",
    ]
  `)
})
