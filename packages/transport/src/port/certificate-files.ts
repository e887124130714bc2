import { readLimitedFile } from '@ls/dial'
import { asError } from '@ls/foundation'
import { systemCodeOf, TransportError } from '../errors.js'
import type { ServerTlsOptions } from './server-tls.js'

/** Paths of certificate and key, in PEM. */
export interface CertificateFiles {
  /** The certificate, followed by its issuers'. */
  readonly certFile: string
  /** The private key of the certificate. */
  readonly keyFile: string
  /** Passphrase of the key. @default none, the key is not encrypted */
  readonly passphrase?: string
  /**
   * Issuers of client certificates: only clients with such a certificate are admitted. @default none, every client may
   * connect
   */
  readonly clientCaFile?: string
}

/** Most bytes of a PEM file: the issuers that all systems trust have 0.3 MB. */
export const maxPemBytes = 4 * 1024 * 1024

/**
 * Reads the files.
 *
 * @param waitMs Time for the writer of a pipe, in milliseconds. @default that of `readLimitedFile`
 * @throws TransportError ERR_TRANSPORT_TLS naming the file that cannot be read
 */
export function readCertificateFiles(
  { certFile, keyFile, clientCaFile, passphrase }: CertificateFiles,
  waitMs?: number,
): ServerTlsOptions {
  const read = (file: string, what: string): string => readOne(file, what, waitMs)
  return {
    cert: read(certFile, 'the certificate'),
    key: read(keyFile, 'the key'),
    passphrase,
    clientCa: clientCaFile === undefined ? undefined : read(clientCaFile, 'the issuers of client certificates'),
  }
}

function readOne(file: string, what: string, waitMs: number | undefined): string {
  const text = textOf(file, what, waitMs)
  // While it is written anew. Node accepts a certificate with an empty key, and refuses all clients then.
  if (text === '') throw new TransportError('ERR_TRANSPORT_TLS', `cannot read ${what}, ${file}: it is empty`)
  return text
}

function textOf(file: string, what: string, waitMs: number | undefined): string {
  try {
    return readLimitedFile(file, maxPemBytes, waitMs).toString()
  } catch (thrown) {
    const cause = asError(thrown)
    const why = causes[systemCodeOf(cause)] ?? cause.message
    throw new TransportError('ERR_TRANSPORT_TLS', `cannot read ${what}, ${file}: ${why}`, { cause })
  }
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'this user has no permission',
}
