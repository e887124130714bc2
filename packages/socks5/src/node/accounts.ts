import { createHash, timingSafeEqual } from 'node:crypto'
import type { Authenticator } from '@ls/foundation'
import { maxCredentialBytes } from '../limits.js'

/** A user name and its password, as SOCKS5 carries them (RFC 1929 §2). */
export interface Account {
  /** 1–255 bytes of UTF-8. */
  readonly username: string
  /** 0–255 bytes of UTF-8. RFC 1929 asks for one at least, but clients do send none. */
  readonly password: string
}

/**
 * Accepts users on a list of accounts. Only digests are kept, and each attempt is compared with all of them, so the
 * time reveals neither whether a user exists nor how much of a password is right.
 *
 * @throws {TypeError} for an empty list, an empty user name, or a user listed twice
 * @throws {RangeError} for a text over 255 bytes, which no client could send
 */
export function accounts(list: readonly Account[]): Authenticator {
  if (list.length === 0)
    throw new TypeError('accounts needs one account at least; leave `auth` out to admit every client')
  checkAccounts(list)
  const digests = list.map(({ username, password }) => digest(username, password))
  return {
    verify(username, password) {
      const attempt = digest(username, password)
      let matches = 0
      for (const known of digests) matches += Number(timingSafeEqual(known, attempt))
      return matches > 0
    },
  }
}

/** Hashing makes all attempts equally long; the length in front keeps `ab`+`c` apart from `a`+`bc`. */
function digest(username: string, password: string): Buffer {
  return createHash('sha256')
    .update(`${Buffer.byteLength(username)}:${username}${password}`)
    .digest()
}

function checkAccounts(list: readonly Account[]): void {
  const seen = new Set<string>()
  for (const { username, password } of list) {
    if (username === '') throw new TypeError('an account has an empty user name')
    if (seen.has(username)) throw new TypeError(`user ${JSON.stringify(username)} is listed twice`)
    seen.add(username)
    checkLength(username, 'a user name')
    checkLength(password, `the password of ${JSON.stringify(username)}`)
  }
}

function checkLength(text: string, what: string): void {
  const length = Buffer.byteLength(text)
  if (length > maxCredentialBytes) {
    throw new RangeError(`${what} has ${length} bytes; the limit is ${maxCredentialBytes}`)
  }
}
