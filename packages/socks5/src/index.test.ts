import { expect, test } from 'vitest'
import * as socks5 from './index.js'
import * as node from './node.js'

test('@ls/socks5 exports what its README lists', () => {
  expect(Object.keys(socks5).toSorted()).toMatchInlineSnapshot(`
    [
      "ClientHandshake",
      "ServerHandshake",
      "SocksError",
      "decodeDatagram",
      "decodeDestination",
      "decodeReplyCode",
      "defaultAnswerTimeoutMs",
      "defaultHandshakeTimeoutMs",
      "defaultMaxHandshakes",
      "encodeDatagram",
      "encodeDestination",
      "encodeReplyCode",
      "formatDestination",
      "formatIpv4",
      "formatIpv6",
      "lingerMs",
      "maxCredentialBytes",
      "maxDatagramBytes",
      "maxDomainBytes",
      "maxMessageBytes",
      "maxUserIdBytes",
      "parseDestination",
      "parseIpv4",
      "parseIpv6",
      "socksErrorCodes",
      "unspecifiedDestination",
    ]
  `)
})

test('@ls/socks5/node exports what its README lists', () => {
  expect(Object.keys(node).toSorted()).toMatchInlineSnapshot(`
    [
      "ListenError",
      "accounts",
      "connect",
      "createAgents",
      "createServer",
      "createUndiciConnect",
      "performClientHandshake",
      "performServerHandshake",
      "replyForError",
    ]
  `)
})
