import { expect, test } from 'vitest'
import * as socks5 from './index.js'
import * as node from './node.js'

test('@ls/socks5 exports what its README lists', () => {
  expect(Object.keys(socks5).toSorted()).toMatchInlineSnapshot(`
    [
      "ClientHandshake",
      "DEFAULT_ANSWER_DEADLINE_MS",
      "DEFAULT_HANDSHAKE_DEADLINE_MS",
      "DEFAULT_MAX_HANDSHAKES",
      "LINGER_MS",
      "MAX_CREDENTIAL_BYTES",
      "MAX_DATAGRAM_BYTES",
      "MAX_DOMAIN_BYTES",
      "MAX_MESSAGE_BYTES",
      "MAX_USER_ID_BYTES",
      "ServerHandshake",
      "SocksError",
      "decodeDatagram",
      "decodeDestination",
      "decodeReplyCode",
      "encodeDatagram",
      "encodeDestination",
      "encodeReplyCode",
      "formatDestination",
      "formatIpv4",
      "formatIpv6",
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
