import type { InboundPlaces } from '@ls/relay'
import type { ReverseToken } from '../tokens/token-registry.js'

/** Address and accounts of a token's SOCKS port. */
export type ReversePlace = Pick<ReverseToken, 'port' | 'host' | 'listenOn' | 'username' | 'password' | 'accounts'>

export function placesOf({
  port,
  host,
  listenOn = [],
  username,
  password,
  accounts = [],
}: ReversePlace): InboundPlaces {
  const first = username === undefined ? [] : [{ username, password: password ?? '' }]
  return { host, port, listenOn, accounts: [...first, ...accounts] }
}
