import { expect, test } from 'vitest'
import * as httpProxy from './index.js'
import * as node from './node.js'

test('@ls/http-proxy exports what its README lists', () => {
  expect(Object.keys(httpProxy).toSorted()).toMatchInlineSnapshot(`
    [
      "HttpProxyError",
      "endToEnd",
      "formatAuthority",
      "hasTransferEncoding",
      "httpProxyErrorCodes",
      "isChunkedOnly",
      "isReservedConnectField",
      "lingerMs",
      "maxCredentialsBytes",
      "maxHostBytes",
      "onwardFields",
      "parseAuthority",
      "statusOfReply",
    ]
  `)
})

test('@ls/http-proxy/node exports what its README lists', () => {
  expect(Object.keys(node).toSorted()).toMatchInlineSnapshot(`
    [
      "Http2Sessions",
      "HttpProxy",
      "ListenError",
      "accounts",
      "connect",
      "createAgents",
      "createServer",
      "createUndiciConnect",
      "dialDirect",
      "join",
      "mergePieces",
      "replyForError",
      "sharedHttp2Sessions",
    ]
  `)
})
