import { randomInt } from 'node:crypto'
import type { ClientHelloSpec } from 'tls-impersonate'

/** Values of RFC 8701, without meaning: browsers send them so that servers keep ignoring unknown ones. */
const grease = Array.from({ length: 16 }, (_, index) => (index << 12) | (index << 4) | 0x0a_0a)

/** The extensions of a WebSocket in Chromium, but for GREASE and trust_anchors. */
const extensionOrder = [
  0x00_00, 0x00_05, 0x00_0a, 0x00_0b, 0x00_0d, 0x00_10, 0x00_12, 0x00_17, 0x00_1b, 0x00_23, 0x00_2b, 0x00_2d, 0x00_33,
  0xfe_0d, 0xff_01,
]

const trustAnchorsType = 0xca_34

/**
 * Issuers whose certificates Chromium trusts, by the object identifiers of their roots
 * (draft-ietf-tls-trust-anchor-ids): a prefix in DER, and the last numbers under it.
 */
const anchors: readonly (readonly [prefix: string, ...roots: number[]])[] = [
  ['82df1302', 1, 6, 13, 14, 15, 18, 19, 20],
  ['839a648c9b2d01', 7, 8, 9, 10, 11, 12, 13, 18, 19],
  ['d67909', 1, 4, 5, 6, 7, 8, 10, 11, 12, 13, 15],
]

/**
 * Makes the ClientHello of Chromium for a WebSocket, in the version of `chromeUserAgent`. Random for each connection:
 * GREASE, and the order of extensions as far as OpenSSL allows.
 */
export function chromiumHello(): ClientHelloSpec {
  const [first = 0, last = 0] = shuffled(grease)
  const extensions = shuffled([
    ...extensionOrder.map((type) => ({ type })),
    { type: trustAnchorsType, data: trustAnchors() },
  ])
  return {
    cipherSuites: [
      0x13_01, 0x13_02, 0x13_03, 0xc0_2b, 0xc0_2f, 0xc0_2c, 0xc0_30, 0xcc_a9, 0xcc_a8, 0xc0_13, 0xc0_14, 0x00_9c,
      0x00_9d, 0x00_2f, 0x00_35,
    ],
    extensions: [{ type: first, data: Buffer.alloc(0) }, ...extensions, { type: last, data: Buffer.alloc(1) }],
    supportedGroups: [0x11_ec, 0x00_1d, 0x00_17, 0x00_18],
    signatureAlgorithms: [
      0x09_04, 0x09_05, 0x09_06, 0x04_03, 0x08_04, 0x04_01, 0x05_03, 0x08_05, 0x05_01, 0x08_06, 0x06_01,
    ],
  }
}

/** Encodes a length-prefixed list of length-prefixed identifiers. */
function trustAnchors(): Buffer {
  const identifiers = anchors.flatMap(([prefix, ...roots]) =>
    roots.map((root) => Buffer.from([...Buffer.from(prefix, 'hex'), root])),
  )
  const list = Buffer.concat(identifiers.flatMap((identifier) => [Buffer.of(identifier.length), identifier]))
  const length = Buffer.alloc(2)
  length.writeUInt16BE(list.length)
  return Buffer.concat([length, list])
}

function shuffled<T>(values: readonly T[]): T[] {
  const left = [...values]
  return values.map(() => left.splice(randomInt(left.length), 1)[0] as T)
}
