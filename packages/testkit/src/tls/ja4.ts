import { createHash } from 'node:crypto'
import type { ClientHello } from './client-hello.js'

/** SNI and ALPN are in the readable part, and not in the hash. */
const notHashed = new Set([0x00_00, 0x00_10])

const versionNames: Readonly<Record<number, string>> = { 0x03_04: '13', 0x03_03: '12', 0x03_02: '11', 0x03_01: '10' }

/**
 * The JA4 fingerprint of a TLS client over TCP: version, SNI, counts and ALPN, a hash of its ciphers, and a hash of its
 * extensions and signature algorithms. Ciphers and extensions are sorted, since browsers shuffle them.
 *
 * @example
 * ```ts
 * ja4(await catcher.next()) // 't13d1516h1_8daaf6152771_b57a33b89b5d'
 * ```
 */
export function ja4(hello: ClientHello): string {
  const { versions, ciphers, extensions, signatures, serverName, alpn } = hello
  const version = versionNames[Math.max(...versions)] ?? '00'
  const protocol = alpn[0] === undefined ? '00' : `${alpn[0].at(0)}${alpn[0].at(-1)}`
  const readable = `t${version}${serverName === undefined ? 'i' : 'd'}${count(ciphers)}${count(extensions)}${protocol}`
  const hashed = sortedHex(extensions.filter((type) => !notHashed.has(type)))
  return `${readable}_${digest(sortedHex(ciphers))}_${digest(`${hashed}_${signatures.map(hex).join(',')}`)}`
}

function count(list: readonly number[]): string {
  return String(Math.min(list.length, 99)).padStart(2, '0')
}

function sortedHex(values: readonly number[]): string {
  return values.map(hex).toSorted().join(',')
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0')
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
