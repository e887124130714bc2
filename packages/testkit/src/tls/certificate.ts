import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { der } from './der.js'

/** A certificate and its key, in PEM. */
export interface TestCertificate {
  readonly key: string
  readonly cert: string
}

export interface TestCertificateOptions {
  /** Common name; no client checks it. @default 'localhost' */
  readonly name?: string
  /** Host names it is for. @default ['localhost', 'server.test'], and 127.0.0.1 in any case */
  readonly hosts?: readonly string[]
  /** @default a day from now */
  readonly validTo?: Date
}

/** An issuer of certificates. */
export interface TestAuthority {
  /** Trust anchor for programs that check the certificate. */
  readonly cert: string
  issue(options?: TestCertificateOptions): TestCertificate
}

const dayMs = 86_400_000

/** The self-signed certificate that the tests of this process share; give `cert` to the client as its `ca` too. */
export function testCertificate(): TestCertificate {
  shared ??= selfSigned({})
  return shared
}

let shared: TestCertificate | undefined

/** Makes a new certificate authority that no program trusts. */
export function testAuthority(name = 'Test Authority'): TestAuthority {
  const { privateKey, publicKey } = newKey()
  const cert = certificate({ name, hosts: [] }, publicKey, { name, key: privateKey })
  return { cert, issue: (options = {}) => issue(options, { name, key: privateKey }) }
}

interface Issuer {
  readonly name: string
  readonly key: KeyObject
}

function selfSigned(options: TestCertificateOptions): TestCertificate {
  const { privateKey, publicKey } = newKey()
  const { name = 'localhost' } = options
  return { key: pemKey(privateKey), cert: certificate({ ...options, name }, publicKey, { name, key: privateKey }) }
}

function issue(options: TestCertificateOptions, issuer: Issuer): TestCertificate {
  const { privateKey, publicKey } = newKey()
  return { key: pemKey(privateKey), cert: certificate(options, publicKey, issuer) }
}

/** P-256: made in a millisecond, accepted by every client. */
function newKey(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

const ecdsaWithSha256 = der.sequence(der.oid('1.2.840.10045.4.3.2'))

/** RFC 5280 §4.1, version 3. Its own issuer is an authority too, for itself at least. */
function certificate(options: TestCertificateOptions, publicKey: KeyObject, issuer: Issuer): string {
  const { name = 'localhost', hosts = ['localhost', 'server.test'], validTo = new Date(Date.now() + dayMs) } = options
  const content = der.sequence(
    der.constructed(0, der.integer(Buffer.of(2))),
    der.integer(Buffer.concat([Buffer.of(1), randomBytes(8)])),
    ecdsaWithSha256,
    distinguishedName(issuer.name),
    der.sequence(der.time(new Date(Math.min(Date.now(), validTo.getTime()) - dayMs)), der.time(validTo)),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der.constructed(3, der.sequence(basicConstraints(name === issuer.name), subjectAltName(hosts))),
  )
  const signature = sign('sha256', content, issuer.key)
  return pem('CERTIFICATE', der.sequence(content, ecdsaWithSha256, der.bits(signature)))
}

function distinguishedName(name: string): Buffer {
  return der.sequence(der.set(der.sequence(der.oid('2.5.4.3'), der.utf8(name))))
}

function basicConstraints(isAuthority: boolean): Buffer {
  return der.sequence(der.oid('2.5.29.19'), der.true, der.octets(der.sequence(...(isAuthority ? [der.true] : []))))
}

function subjectAltName(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) => der.primitive(2, Buffer.from(host)))
  const loopback = der.primitive(7, Buffer.of(127, 0, 0, 1))
  return der.sequence(der.oid('2.5.29.17'), der.octets(der.sequence(...names, loopback)))
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n')
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
