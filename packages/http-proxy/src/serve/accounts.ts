import { createHash, timingSafeEqual } from 'node:crypto'
import type { Authenticator } from '@ls/foundation'
import { type Account, joinAccount } from '../message/basic.js'

/**
 * Accepts users on a list of accounts. Only digests are kept, and each attempt is compared with all of them, so the
 * time reveals neither whether a user exists nor how much of a password is right.
 *
 * `@ls/socks5` has an `accounts` of its own, since its accounts differ: RFC 1929 limits both texts to 255 bytes, and
 * Basic allows no colon in a user name.
 *
 * @throws {TypeError} for an empty list, an account that is no pair of strings, a colon in a user name, or a user
 * listed twice
 * @throws {RangeError} for texts that are too long together, see `maxCredentialsBytes`
 */
export function accounts(list: readonly Account[]): Authenticator {
  if (list.length === 0)
    throw new TypeError('accounts needs one account at least; leave `auth` out to admit every client')
  const digests = list.map((account) => digest(joinAccount(account)))
  checkUsers(list)
  return {
    verify(username, password) {
      const attempt = digest(`${username}:${password}`)
      let matches = 0
      for (const known of digests) matches += Number(timingSafeEqual(known, attempt))
      return matches > 0
    },
  }
}

function checkUsers(list: readonly Account[]): void {
  const seen = new Set<string>()
  for (const { username } of list) {
    if (seen.has(username)) throw new TypeError(`user ${JSON.stringify(username)} is listed twice`)
    seen.add(username)
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
