import type { CustomTlsOptions } from 'wreq-js'
import type { Fingerprint } from './fingerprint.js'

/** Properties of a WebSocket request of one browser. */
export interface Profile {
  readonly tls: CustomTlsOptions
  /**
   * The upgrade's headers in the browser's order, including those of every WebSocket. An empty value is filled in for
   * each connection. `Sec-WebSocket-Extensions` is omitted: a server would accept the offer, and we do not compress.
   */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** ALPN list (RFC 7301): browsers offer only HTTP/1.1 for a WebSocket. */
const http1 = { alpnProtocols: ['HTTP1'] } satisfies CustomTlsOptions

const chromium: Profile = {
  tls: {
    ...http1,
    minTlsVersion: '1.2',
    maxTlsVersion: '1.3',
    sessionTicket: true,
    preSharedKey: true,
    pskDheKe: true,
    greaseEnabled: true,
    enableEchGrease: true,
    permuteExtensions: true,
    enableOcspStapling: true,
    enableSignedCertTimestamps: true,
    certificateCompressionAlgorithms: ['brotli'],
    curvesList: 'X25519MLKEM768:X25519:P-256:P-384',
    cipherList: list(
      'TLS_AES_128_GCM_SHA256',
      'TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
      'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
      'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
      'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
      'TLS_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_256_GCM_SHA384',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
      'TLS_RSA_WITH_AES_256_CBC_SHA',
    ),
    sigalgsList: list(
      'ecdsa_secp256r1_sha256',
      'rsa_pss_rsae_sha256',
      'rsa_pkcs1_sha256',
      'ecdsa_secp384r1_sha384',
      'rsa_pss_rsae_sha384',
      'rsa_pkcs1_sha384',
      'rsa_pss_rsae_sha512',
      'rsa_pkcs1_sha512',
    ),
  },
  headers: [
    ['Host', ''],
    ['Connection', 'Upgrade'],
    ['Pragma', 'no-cache'],
    ['Cache-Control', 'no-cache'],
    ['User-Agent', ''],
    ['Upgrade', 'websocket'],
    ['Origin', ''],
    ['Sec-WebSocket-Version', '13'],
    ['Accept-Encoding', 'gzip, deflate, br, zstd'],
    ['Accept-Language', 'en-US,en;q=0.9'],
    ['Cookie', ''],
    ['Sec-WebSocket-Key', ''],
  ],
}

const firefox: Profile = {
  tls: {
    ...http1,
    minTlsVersion: '1.2',
    maxTlsVersion: '1.3',
    sessionTicket: true,
    preSharedKey: true,
    pskSkipSessionTicket: true,
    pskDheKe: true,
    greaseEnabled: false,
    enableEchGrease: true,
    permuteExtensions: false,
    enableOcspStapling: true,
    enableSignedCertTimestamps: true,
    recordSizeLimit: 0x4001,
    delegatedCredentials: list(
      'ecdsa_secp256r1_sha256',
      'ecdsa_secp384r1_sha384',
      'ecdsa_secp521r1_sha512',
      'ecdsa_sha1',
    ),
    preserveTls13CipherList: true,
    aesHwOverride: true,
    certificateCompressionAlgorithms: ['zlib', 'brotli', 'zstd'],
    curvesList: 'X25519MLKEM768:X25519:P-256:P-384:P-521:ffdhe2048:ffdhe3072',
    cipherList: list(
      'TLS_AES_128_GCM_SHA256',
      'TLS_CHACHA20_POLY1305_SHA256',
      'TLS_AES_256_GCM_SHA384',
      'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
      'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
      'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
      'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
      'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
      'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
      'TLS_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_256_GCM_SHA384',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
      'TLS_RSA_WITH_AES_256_CBC_SHA',
    ),
    sigalgsList: list(
      'ecdsa_secp256r1_sha256',
      'ecdsa_secp384r1_sha384',
      'ecdsa_secp521r1_sha512',
      'rsa_pss_rsae_sha256',
      'rsa_pss_rsae_sha384',
      'rsa_pss_rsae_sha512',
      'rsa_pkcs1_sha256',
      'rsa_pkcs1_sha384',
      'rsa_pkcs1_sha512',
      'ecdsa_sha1',
      'rsa_pkcs1_sha1',
    ),
    // NSS writes its extensions in this order; BoringSSL has another.
    extensionPermutation: [
      0x00_00, 0x00_17, 0xff_01, 0x00_0a, 0x00_0b, 0x00_23, 0x00_10, 0x00_05, 0x00_22, 0x00_12, 0x00_33, 0x00_2b,
      0x00_0d, 0x00_2d, 0x00_1c, 0x00_1b, 0xfe_0d,
    ],
  },
  headers: [
    ['Host', ''],
    ['User-Agent', ''],
    ['Accept', '*/*'],
    ['Accept-Language', 'en-US,en;q=0.5'],
    ['Accept-Encoding', 'gzip, deflate, br, zstd'],
    ['Sec-WebSocket-Version', '13'],
    ['Origin', ''],
    ['Sec-WebSocket-Key', ''],
    ['Connection', 'keep-alive, Upgrade'],
    ['Cookie', ''],
    ['Sec-Fetch-Dest', 'empty'],
    ['Sec-Fetch-Mode', 'websocket'],
    ['Sec-Fetch-Site', 'same-origin'],
    ['Pragma', 'no-cache'],
    ['Cache-Control', 'no-cache'],
    ['Upgrade', 'websocket'],
  ],
}

const safari: Profile = {
  tls: {
    ...http1,
    minTlsVersion: '1.0',
    maxTlsVersion: '1.3',
    sessionTicket: false,
    pskDheKe: true,
    greaseEnabled: true,
    enableEchGrease: false,
    permuteExtensions: false,
    enableOcspStapling: true,
    enableSignedCertTimestamps: true,
    preserveTls13CipherList: true,
    certificateCompressionAlgorithms: ['zlib'],
    curvesList: 'X25519:P-256:P-384:P-521',
    cipherList: list(
      'TLS_AES_128_GCM_SHA256',
      'TLS_AES_256_GCM_SHA384',
      'TLS_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
      'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
      'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
      'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
      'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
      'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
      'TLS_RSA_WITH_AES_256_GCM_SHA384',
      'TLS_RSA_WITH_AES_128_GCM_SHA256',
      'TLS_RSA_WITH_AES_256_CBC_SHA',
      'TLS_RSA_WITH_AES_128_CBC_SHA',
      'TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA',
      'TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA',
      'TLS_RSA_WITH_3DES_EDE_CBC_SHA',
    ),
    // Safari lists rsa_pss_rsae_sha384 twice.
    sigalgsList: list(
      'ecdsa_secp256r1_sha256',
      'rsa_pss_rsae_sha256',
      'rsa_pkcs1_sha256',
      'ecdsa_secp384r1_sha384',
      'rsa_pss_rsae_sha384',
      'rsa_pss_rsae_sha384',
      'rsa_pkcs1_sha384',
      'rsa_pss_rsae_sha512',
      'rsa_pkcs1_sha512',
      'rsa_pkcs1_sha1',
    ),
  },
  headers: [
    ['Host', ''],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', ''],
    ['Sec-WebSocket-Version', '13'],
    ['Origin', ''],
    ['Sec-Fetch-Dest', 'websocket'],
    ['Sec-Fetch-Mode', 'websocket'],
    ['Sec-Fetch-Site', 'same-origin'],
    ['User-Agent', ''],
    ['Cookie', ''],
    ['Pragma', 'no-cache'],
    ['Cache-Control', 'no-cache'],
    ['Accept-Language', 'en-US,en;q=0.9'],
    ['Accept-Encoding', 'gzip, deflate, br'],
  ],
}

/** TLS and headers of each browser. Edge is Chromium under another name, which shows only in its User-Agent. */
export const profiles: Readonly<Record<Fingerprint, Profile>> = {
  chrome: chromium,
  edge: chromium,
  firefox,
  safari,
}

function list(...names: string[]): string {
  return names.join(':')
}
