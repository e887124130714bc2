import { describe, expect, test } from 'vitest'
import * as httpProxy from './index.js'

describe('@ls/http-proxy', () => {
  test('exports these names', () => {
    expect(Object.keys(httpProxy).toSorted()).toMatchInlineSnapshot(`
      [
        "Http2Sessions",
        "HttpProxy",
        "HttpProxyError",
        "ListenError",
        "connect",
        "createServer",
        "dialDirect",
        "endToEnd",
        "formatAuthority",
        "hasTransferEncoding",
        "httpProxyErrorCodes",
        "isChunkedOnly",
        "isReservedConnectField",
        "join",
        "lingerMs",
        "maxCredentialsBytes",
        "maxHostBytes",
        "onwardFields",
        "parseAuthority",
        "replyOf",
        "sharedHttp2Sessions",
        "statusOfReply",
      ]
    `)
  })
})
