export { AllowedOrigins } from './allowed-origins.js'
export { formatAuthQuery, hashToken, parseAuthQuery, type AuthQuery, type ParsedAuthQuery } from './auth-query.js'
export { openBrowserDialer, type BrowserDialer, type BrowserDialerOptions } from './browser-dialer/browser-dialer.js'
export { ByteStream, type ByteStreamOptions, type OpenTransport } from './byte-stream.js'
export { type CertificateFiles, readCertificateFiles } from './certificate-files.js'
export { CertificateWatch, type CertificateWatchOptions, describeCertificate } from './certificate-watch.js'
export { CloseCode } from './close-code.js'
export { connect, type Connect, type ConnectOptions } from './connect.js'
export { connectByteStream, type ByteStreamConnectOptions } from './connect-byte-stream.js'
export type { Dial } from './dial.js'
export { maxEarlyDataBytes, readEarlyData, splitEarlyData } from './early-data.js'
export { environmentProxy, environmentWarnings, type Environment } from './environment-proxy.js'
export { TransportError, transportErrorCodes, type TransportErrorCode, type TransportErrorOptions } from './errors.js'
export { connectAsBrowser } from './fingerprint/connect-as-browser.js'
export { type Fingerprint, fingerprints } from './fingerprint/fingerprint.js'
export type { ClientAddress, ClientAddressHeader } from './forwarded.js'
export { listen } from './listen.js'
export type { ListenOptions, TakeUpgrade, TransportListener } from './listen-options.js'
export {
  type ByteStreamListener,
  type ByteStreamListenOptions,
  type ByteStreamPortOptions,
  type SharedPortOptions,
  byteStreamPorts,
  listenByteStreams,
} from './listen-byte-streams.js'
export type { TransportOptions } from './options.js'
export { type KeyPin, keyPinOf, parseKeyPin } from './key-pin.js'
export type { RefusalCounts, RefusalKind } from './refusals.js'
export type { UnprovenLimits } from './read-allowance.js'
export type { UpgradeRefusal } from './refuse-upgrade.js'
export type { ServerTlsOptions } from './server-tls.js'
export type { ClientTlsOptions } from './tls.js'
export { parseTrustedProxies, type TrustedProxies } from './trusted-proxies.js'
export type { UpgradeRequest } from './upgrade-request.js'
export { parseServerUrl, redactUrl, requestPathOf } from './url.js'
export { USER_AGENT } from './user-agent.js'
export type { TransportPeer } from './transport-role.js'
export { WebSocketTransport } from './websocket-transport.js'
