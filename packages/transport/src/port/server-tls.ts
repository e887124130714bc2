import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import { asError } from '@ls/foundation'
import { systemCodeOf, TransportError } from '../errors.js'

/** Certificate of a `wss:` listener, and the clients it admits; PEM texts. */
export interface ServerTlsOptions {
  /** The certificate, followed by its issuers'. */
  readonly cert: string | Buffer
  /** The private key of the certificate. */
  readonly key: string | Buffer
  /** Passphrase of the key. @default none, the key is not encrypted */
  readonly passphrase?: string | undefined
  /**
   * Issuers of client certificates: only clients with such a certificate are admitted. @default none, every client may
   * connect
   */
  readonly clientCa?: string | Buffer | undefined
}

const causes: Readonly<Record<string, string>> = {
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'the key does not belong to the certificate',
  ERR_OSSL_PEM_NO_START_LINE: 'certificate or key is not in PEM form',
  ERR_OSSL_PEM_BAD_END_LINE: 'certificate or key is cut off, or not in PEM form',
  ERR_OSSL_UNSUPPORTED: 'the key is not in PEM form, or of a kind that is not known here',
  ERR_OSSL_BAD_DECRYPT: 'the passphrase of the key is wrong',
  ERR_MISSING_PASSPHRASE: 'the key is encrypted and there is no passphrase',
}

/** Converts to Node's options for a new server. @throws TransportError ERR_TRANSPORT_TLS for an invalid pair */
export function serverTlsOptions(options: ServerTlsOptions): TlsOptions {
  const mutual = options.clientCa !== undefined
  return {
    ...secureContextOptions(options),
    requestCert: mutual,
    rejectUnauthorized: mutual,
    // WebSocket over HTTP/2 works differently.
    ALPNProtocols: ['http/1.1'],
  }
}

/**
 * Converts the options that may change while the server runs. @throws TransportError ERR_TRANSPORT_TLS for an invalid
 * pair
 */
export function secureContextOptions({ cert, key, passphrase, clientCa }: ServerTlsOptions): SecureContextOptions {
  const options: SecureContextOptions = {
    cert,
    key,
    passphrase,
    ca: clientCa,
    // RFC 8996 deprecates 1.0 and 1.1; this applies whatever options Node has.
    minVersion: 'TLSv1.2',
  }
  try {
    createSecureContext(options)
  } catch (thrown) {
    const cause = asError(thrown)
    const why = causes[systemCodeOf(cause)] ?? cause.message
    throw new TransportError('ERR_TRANSPORT_TLS', `this certificate and key cannot be used: ${why}`, { cause })
  }
  return options
}
