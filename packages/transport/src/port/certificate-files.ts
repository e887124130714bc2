import { readFileSync } from 'node:fs'
import { asError } from '@ls/foundation'
import { systemCodeOf, TransportError } from '../errors.js'
import type { ServerTlsOptions } from './server-tls.js'

/** Where certificate and key are, as PEM. */
export interface CertificateFiles {
  /** The certificate, its issuers' after it. */
  readonly certFile: string
  /** The private key of the certificate. */
  readonly keyFile: string
  /** What the key is encrypted with. @default none, the key is not encrypted */
  readonly passphrase?: string
  /** Issuers of client certificates: with this, only clients that show one of theirs get in. @default none, everyone may */
  readonly clientCaFile?: string
}

/** @throws TransportError ERR_TRANSPORT_TLS naming the file that cannot be read */
export function readCertificateFiles({
  certFile,
  keyFile,
  clientCaFile,
  passphrase,
}: CertificateFiles): ServerTlsOptions {
  return {
    cert: read(certFile, 'the certificate'),
    key: read(keyFile, 'the key'),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(clientCaFile === undefined ? {} : { clientCa: read(clientCaFile, 'the issuers of client certificates') }),
  }
}

function read(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    const cause = asError(thrown)
    const why = CAUSES[systemCodeOf(cause)] ?? cause.message
    throw new TransportError('ERR_TRANSPORT_TLS', `cannot read ${what}, ${file}: ${why}`, { cause })
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'this user may not',
  EISDIR: 'it is a folder',
}
