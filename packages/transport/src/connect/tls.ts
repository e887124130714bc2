import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect, type ConnectionOptions, type TLSSocket, type TLSSocketOptions } from 'node:tls'
import { formatHostPort } from '@ls/foundation'
import { systemCodeOf, TransportError } from '../errors.js'
import type { Attempt } from './attempt.js'
import { guard } from './dial.js'
import { type KeyPin, keyPinOf } from './key-pin.js'

/** TLS options of a `wss:` connection; Node's own options of these names. */
export type ClientTlsOptions = Pick<
  ConnectionOptions,
  | 'ca'
  | 'cert'
  | 'key'
  | 'passphrase'
  | 'rejectUnauthorized'
  | 'servername'
  | 'minVersion'
  | 'maxVersion'
  | 'ciphers'
  | 'secureContext'
> &
  Pick<TLSSocketOptions, 'requestOCSP'> & {
    /**
     * Pins of the server's key: only a server with one of them is accepted. Without `ca` only the pin counts; with it
     * the certificate must be valid as well.
     * @default any key
     */
    readonly pins?: readonly KeyPin[]
  }

const untrusted =
  'this machine does not trust its issuer; give the pin that the server printed (--tls-pin), or its issuer (--tls-ca)'
const wrongClock = "check the date of the certificate, and this machine's clock"
const noCertificate = 'the server requires a client certificate: give it as cert and key'
const noTls = 'the port does not speak TLS; try ws:// instead of wss://'

const causes: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  CERT_HAS_EXPIRED: wrongClock,
  CERT_NOT_YET_VALID: wrongClock,
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another name; connect by that name, or set servername',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: noCertificate,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the server requires other TLS versions, other ciphers, or a client certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'the server does not know the issuer of our client certificate',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the server speaks no TLS version that we speak (1.2 or later)',
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  EPROTO: noTls,
  ECONNRESET: 'the connection ended during the handshake; a firewall may block the host name',
}

/**
 * Returns the cause of a TLS failure. With TLS 1.3 a client receives the rejection of its certificate only after its
 * handshake.
 */
export function tlsCauseOf(code: string): string | undefined {
  return code.startsWith('ERR_SSL_') ? (causes[code] ?? `the server ended it (${code})`) : undefined
}

/**
 * Starts TLS over an open stream, with HTTP/1.1 as the only protocol, since WebSocket over HTTP/2 works differently.
 */
export function startTls(
  stream: Duplex,
  host: string,
  port: number,
  { pins = [], ...options }: ClientTlsOptions,
  attempt: Attempt,
): Promise<TLSSocket> {
  const place = formatHostPort(host, port)
  return attempt.step(`setting up TLS with ${place}`, (resolve, reject) => {
    // RFC 6066 §3 allows no addresses in SNI.
    const servername = isIP(host) === 0 ? host : ''
    const socket = connect({
      servername,
      minVersion: 'TLSv1.2',
      ...options,
      // A pinned key identifies the server; names and issuers add nothing.
      ...(pins.length > 0 && options.ca === undefined ? { rejectUnauthorized: false } : {}),
      host,
      socket: stream,
      ALPNProtocols: ['http/1.1'],
    })
    guard(socket)
    const onEarlyEnd = (): void =>
      reject(tlsError(place, Object.assign(new Error('connection ended'), { code: 'ECONNRESET' })))
    stream.once('close', onEarlyEnd)
    socket.once('secureConnect', () => {
      stream.off('close', onEarlyEnd)
      const fault = pinFault(socket, pins)
      if (fault === undefined) resolve(socket)
      else reject(new TransportError('ERR_TRANSPORT_TLS', `no TLS with ${place}: ${fault}`))
    })
    socket.once('error', (error: Error) => reject(tlsError(place, error)))
    return () => {
      stream.off('close', onEarlyEnd)
      socket.destroy()
    }
  })
}

/** Returns the fault of the server's key; undefined if there is none. */
function pinFault(socket: TLSSocket, pins: readonly KeyPin[]): string | undefined {
  if (pins.length === 0) return undefined
  // Node 20 gives the X509Certificate of a socket only once, and later code may need it.
  const { raw } = socket.getPeerCertificate() as { readonly raw?: Buffer }
  const found = raw === undefined ? 'none' : keyPinOf(raw)
  if (pins.some((pin) => pin === found)) return undefined
  return `its key is ${found}, and pinned is ${pins.join(' or ')}: someone is in between, or the server has a new key`
}

function tlsError(place: string, thrown: Error): TransportError {
  const code = systemCodeOf(thrown)
  const why = causes[code]
  const detail = why === undefined ? thrown.message : `${why} (${code})`
  return new TransportError('ERR_TRANSPORT_TLS', `no TLS with ${place}: ${detail}`, { cause: thrown })
}
