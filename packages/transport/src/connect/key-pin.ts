import { createHash, X509Certificate } from 'node:crypto'

/** SHA-256 of a certificate's public key (SubjectPublicKeyInfo, DER) in base64: a pin of RFC 7469 §2.4 and curl. */
export type KeyPin = `sha256:${string}`

/**
 * Reads `sha256:BASE64`, and `sha256//BASE64` as in curl's `--pinnedpubkey`.
 *
 * @throws RangeError for any other text
 */
export function parseKeyPin(text: string): KeyPin {
  const [, base64 = ''] = /^sha256(?::|\/\/)([A-Za-z0-9+/_-]{43}=?)$/.exec(text.trim()) ?? []
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length === pinBytes) return `sha256:${bytes.toString('base64')}`
  throw new RangeError(`'${text.slice(0, maxShown)}' is no pin; it must be sha256: and ${pinBytes} bytes in base64`)
}

/** Returns the pin of a certificate, PEM or DER. */
export function keyPinOf(certificate: string | Buffer | X509Certificate): KeyPin {
  const { publicKey } = certificate instanceof X509Certificate ? certificate : new X509Certificate(certificate)
  const hash = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }))
  return `sha256:${hash.digest('base64')}`
}

const pinBytes = 32

/** Most characters of a wrong pin in an error. */
const maxShown = 60
