import { expect, test } from 'vitest'
import * as web from './index.js'

test('@ls/web exports what its README lists', () => {
  expect(Object.keys(web).toSorted()).toMatchInlineSnapshot(`
    [
      "TcpSocket",
      "UdpSocket",
      "WebError",
      "WebLink",
      "WebSocketTransport",
      "connect",
    ]
  `)
})
