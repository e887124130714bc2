import 'reflect-metadata'
import { X509Certificate, webcrypto } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { keyPinOf, type KeyPin } from '@ls/transport'
import * as x509 from '@peculiar/x509'
import { makeFolder, replaceFile } from './state-folder.js'

export interface KeptCertificate {
  readonly certFile: string
  readonly keyFile: string
  readonly pin: KeyPin
}

/** Returns the certificate of this folder; creates one if there is none, or it has expired. Its key stays the same. */
export async function selfSignedCertificate(folder: string, names: readonly string[]): Promise<KeptCertificate> {
  makeFolder(folder)
  const certFile = join(folder, 'self-signed.crt')
  const keyFile = join(folder, 'self-signed.key')
  if (!isUsable(certFile, keyFile)) {
    const keys = existsSync(keyFile) ? await readKeys(readFileSync(keyFile, 'utf8')) : await makeKeys()
    const certificate = await sign(keys, ['localhost', hostname(), ...names])
    replaceFile(
      keyFile,
      x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY'),
    )
    replaceFile(certFile, `${certificate}\n`)
  }
  return { certFile, keyFile, pin: keyPinOf(readFileSync(certFile)) }
}

function isUsable(certFile: string, keyFile: string): boolean {
  if (!existsSync(certFile) || !existsSync(keyFile)) return false
  return Date.parse(new X509Certificate(readFileSync(certFile)).validTo) > Date.now() + minLifeMs
}

async function sign(keys: webcrypto.CryptoKeyPair, names: readonly string[]): Promise<string> {
  const now = Date.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=linksocks',
      notBefore: new Date(now - dayMs),
      notAfter: new Date(now + lifeMs),
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([...new Set(names)].map((value) => ({ type: 'dns' as const, value }))),
      ],
    },
    webcrypto as unknown as Crypto,
  )
  return certificate.toString('pem')
}

function makeKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

/** Both keys of a pair, from the private key. */
async function readKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const der = x509.PemConverter.decodeFirst(pem)
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign'])
  const { d: _private, key_ops: _use, ...point } = await webcrypto.subtle.exportKey('jwk', privateKey)
  return { privateKey, publicKey: await webcrypto.subtle.importKey('jwk', point, algorithm, true, ['verify']) }
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const dayMs = 86_400_000

/** Validity, in milliseconds: ten years, since clients pin the key and ignore the date. */
const lifeMs = 3650 * dayMs

/** Remaining validity, in milliseconds, below which a certificate is created again when the server starts. */
const minLifeMs = 365 * dayMs
