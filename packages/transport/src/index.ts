export { AllowedOrigins } from './listen/allowed-origins.js'
export { type AuthQuery, formatAuthQuery, hashToken, type ParsedAuthQuery, parseAuthQuery } from './auth-query.js'
export { ByteStream, type ByteStreamOptions, type OpenTransport } from './byte-stream/byte-stream.js'
export { type CertificateFiles, maxPemBytes, readCertificateFiles } from './port/certificate-files.js'
export { CertificateWatch, type CertificateWatchOptions, describeCertificate } from './port/certificate-watch.js'
export { CloseCode } from './websocket/close-code.js'
export { connect, type Connect, type ConnectOptions } from './connect/connect.js'
export { connectByteStream, type ByteStreamConnectOptions } from './byte-stream/connect-byte-stream.js'
export { type Dial, type DialRequest, ListenError, type ListenErrorCode, type Target } from '@ls/dial'
export { readEarlyData, splitEarlyData } from './byte-stream/early-data.js'
export { environmentProxy, environmentWarnings, type Environment } from './connect/environment-proxy.js'
export { TransportError, transportErrorCodes, type TransportErrorCode, type TransportErrorOptions } from './errors.js'
export type { ClientAddress, ClientAddressHeader } from './port/client-address.js'
export { listen } from './listen/listen.js'
export type { ListenOptions, TakeUpgrade, TransportListener } from './listen/listen-options.js'
export {
  type ByteStreamListener,
  type ByteStreamListenOptions,
  type ByteStreamPortOptions,
  type SharedPortOptions,
  byteStreamPorts,
  listenByteStreams,
} from './byte-stream/listen-byte-streams.js'
export type { TransportOptions } from './options.js'
export { type KeyPin, keyPinOf, parseKeyPin } from './connect/key-pin.js'
export { answerInTurn, isAnswering } from './port/pipelined-requests.js'
export type { RefusalCounts, RefusalKind } from './port/refusals.js'
export type { UnprovenLimits } from './websocket/read-allowance.js'
export { refuseUpgrade, type UpgradeRefusal } from './listen/refuse-upgrade.js'
export type { ServerTlsOptions } from './port/server-tls.js'
export type { ClientTlsOptions } from './connect/tls.js'
export { parseTrustedProxies, type TrustedProxies } from './port/trusted-proxies.js'
export type { UpgradeRequest } from './listen/upgrade-request.js'
export { openServerStream } from './connect/open-server-stream.js'
export { hostOf, parseServerUrl, portOf, redactUrl, requestPathOf, socketPathOf } from './connect/url.js'
export { userAgent } from './connect/request-headers.js'
export type { TransportPeer } from './websocket/transport-role.js'
export { WebSocketTransport } from './websocket/websocket-transport.js'
