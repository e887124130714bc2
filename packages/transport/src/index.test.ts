import { expect, test } from 'vitest'
import * as entry from './index.js'

test('the package exports these names', () => {
  expect(Object.keys(entry).toSorted()).toMatchInlineSnapshot(`
    [
      "AllowedOrigins",
      "ByteStream",
      "CertificateWatch",
      "CloseCode",
      "TransportError",
      "USER_AGENT",
      "WebSocketTransport",
      "byteStreamPorts",
      "connect",
      "connectAsBrowser",
      "connectByteStream",
      "describeCertificate",
      "environmentProxy",
      "environmentWarnings",
      "fingerprints",
      "formatAuthQuery",
      "hashToken",
      "keyPinOf",
      "listen",
      "listenByteStreams",
      "maxEarlyDataBytes",
      "openBrowserDialer",
      "parseAuthQuery",
      "parseKeyPin",
      "parseServerUrl",
      "parseTrustedProxies",
      "readCertificateFiles",
      "readEarlyData",
      "redactUrl",
      "requestPathOf",
      "splitEarlyData",
      "transportErrorCodes",
    ]
  `)
})
