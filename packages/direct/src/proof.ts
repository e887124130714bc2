import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

/** Bytes of a nonce and of the id of a session. */
const nonceBytes = 16
/** Bytes of a key and of a MAC. */
const macBytes = 32

/** Secret that both ends know and a stranger does not. */
export interface SharedSecret {
  /** Connector token. The relay knows it too: the provider has registered it there. */
  readonly token: string
  /** Further secret that the relay never sees. @default none */
  readonly secret?: string | undefined
}

/** Proves the identity of an end, with a key derived from the connector token (HKDF, RFC 5869; HMAC, RFC 2104). */
export class Proof {
  readonly #key: Uint8Array

  constructor({ token, secret = '' }: SharedSecret) {
    const secrets = JSON.stringify([token, secret])
    this.#key = new Uint8Array(hkdfSync('sha256', secrets, 'linksocks-direct-1', 'proof', macBytes))
  }

  /** MAC of a message: its kind, and all values that it must agree with; as hexadecimal digits. */
  mac(parts: readonly (string | number)[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(parts)).digest('hex')
  }

  /** Whether `mac` is the MAC of these parts; takes the same time for every wrong one. */
  fits(mac: string, parts: readonly (string | number)[]): boolean {
    const expected = Buffer.from(this.mac(parts), 'hex')
    const shown = Buffer.from(mac, 'hex')
    return shown.length === expected.length && timingSafeEqual(shown, expected)
  }
}

/** 16 random bytes as hexadecimal digits: a nonce, or the id of a session. */
export function randomId(): string {
  return randomBytes(nonceBytes).toString('hex')
}
