import { expect, test } from 'vitest'
import * as customConnect from './custom-connect.js'
import * as entry from './index.js'

test('index exports exactly these names', () => {
  expect(Object.keys(entry).toSorted()).toMatchInlineSnapshot(`
    [
      "AllowedOrigins",
      "ByteStream",
      "CertificateWatch",
      "CloseCode",
      "ListenError",
      "TransportError",
      "WebSocketTransport",
      "answerInTurn",
      "byteStreamPorts",
      "connect",
      "connectByteStream",
      "describeCertificate",
      "environmentProxy",
      "environmentWarnings",
      "formatAuthQuery",
      "hashToken",
      "hostOf",
      "isAnswering",
      "keyPinOf",
      "listen",
      "listenByteStreams",
      "maxPemBytes",
      "openServerStream",
      "parseAuthQuery",
      "parseKeyPin",
      "parseServerUrl",
      "parseTrustedProxies",
      "portOf",
      "readCertificateFiles",
      "readEarlyData",
      "redactUrl",
      "refuseUpgrade",
      "requestPathOf",
      "socketPathOf",
      "splitEarlyData",
      "transportErrorCodes",
      "userAgent",
    ]
  `)
})

test('custom-connect exports these names', () => {
  expect(Object.keys(customConnect).toSorted()).toMatchInlineSnapshot(`
    [
      "Attempt",
      "applicationCloseCode",
      "checkServerUrl",
      "chromeUserAgent",
      "closeFrame",
      "closeReason",
      "encodeEarlyData",
      "openConnection",
      "placeOf",
      "resolveTransportOptions",
      "systemCodeOf",
      "upgradeRefused",
      "validHeaders",
    ]
  `)
})
