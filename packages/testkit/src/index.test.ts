import { expect, test } from 'vitest'
import * as entry from './index.js'

test('index exports exactly these names', () => {
  expect(Object.keys(entry).toSorted()).toMatchInlineSnapshot(`
    [
      "FakeClock",
      "FakeDns",
      "RecordingHandler",
      "afterDelay",
      "askNode",
      "askOver",
      "byteServer",
      "describeAgents",
      "describeMessageTransport",
      "echoServer",
      "faultRelay",
      "freePort",
      "hashServer",
      "helloCatcher",
      "httpServer",
      "ja4",
      "leakCheck",
      "linkFaults",
      "loadVectors",
      "memoryTransportPair",
      "onceEvent",
      "requireProgram",
      "seededBytes",
      "seededDigest",
      "socketEnd",
      "tcpServer",
      "testAuthority",
      "testCertificate",
      "turns",
      "until",
      "useCleanups",
      "within",
    ]
  `)
})
