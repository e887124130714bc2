import type { Channel } from '@ls/mux'
import { formatTarget, parseTarget, RelayError } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import { RetryLater } from '../tokens/tenants.js'
import type { TokenRecord } from '../tokens/token-registry.js'
import { tokenId, tokenKey } from '../tokens/token-text.js'
import type { Question } from './authorize-options.js'
import type { Authorizer } from './authorizer.js'

/**
 * Asks the service about the link of a client; undefined without a service. Rejects with RetryLater: a service may
 * change its decision, so the client may come back.
 */
export function askForLink(
  authorizer: Authorizer | undefined,
  record: TokenRecord,
  name: string | undefined,
  address: string,
): Promise<void> | undefined {
  if (authorizer?.asksAt('link') !== true) return undefined
  return authorizer.refusalOf({ event: 'link', ...partOf(record, name), address }).then((reason) => {
    if (reason !== undefined) throw new RetryLater(reason)
  })
}

/** Asks the service about a channel of a client; undefined without a service. Resolves with the reason of a refusal. */
export function askForChannel(
  authorizer: Authorizer | undefined,
  { record, remoteAddress: address }: Peer,
  name: string | undefined,
  channel: Channel,
): Promise<string | undefined> | undefined {
  if (authorizer?.asksAt('connection') !== true) return undefined
  const target = channel.address === undefined ? undefined : parseTarget(channel.address)
  // An invalid target is refused anyway.
  if (target instanceof RelayError) return undefined
  return authorizer.refusalOf({
    event: 'connection',
    ...partOf(record, name),
    address,
    target: target && formatTarget(target),
    protocol: channel.protocol,
  })
}

function partOf({ token, kind }: TokenRecord, name: string | undefined): Pick<Question, 'token' | 'role'> {
  return {
    token: { id: tokenId(token), name, hash: tokenKey(token) },
    role: roles[kind],
  }
}

const roles = { forward: 'client', reverse: 'provider', connector: 'connector' } as const
