import type { Peer } from '../links/peer.js'
import type { PolicyOptions } from '../policy/policy-options.js'
import type { TokenUse } from '../policy/token-use.js'
import type { QuotaUse } from '../quota/quota.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { ConnectorToken, ReverseToken, TokenRecord, TokenRegistry } from './token-registry.js'
import { tokenId } from './token-text.js'

/** A token and its clients. */
export interface TokenStatus {
  /** Text of the token, or the hash that it was registered by: keep it secret. */
  readonly token: string
  /** Name of the token where its text must not appear: the start of its SHA-256. */
  readonly id: string
  /** Its kind. */
  readonly kind: TokenRecord['kind']
  /** Number of connected client processes, each counted once for all its WebSockets. */
  readonly clients: number
  /** Policy of the token, if it has its own. */
  readonly policy?: PolicyOptions | undefined
  /** Use of its quotas, if it has any. */
  readonly quota?: readonly QuotaUse[] | undefined
  /** Whether it is in the state file. */
  readonly kept: boolean
  /** For a reverse token: its SOCKS port, or the planned one; undefined for none. */
  readonly port?: number | undefined
  /** For a reverse token: the connector tokens that lead to it, including those of providers. */
  readonly connectorTokens?: readonly string[]
  /** For a connector token: the reverse token that it leads to. */
  readonly reverseToken?: string
  /** For a connector token: the id of that reverse token. */
  readonly reverseId?: string
  /** For a connector token: whether a provider added it and chose its text. */
  readonly byProvider?: boolean
}

/** Parts that {@link tokenStatuses} reads. */
export interface TokenSources {
  readonly tokens: TokenRegistry
  readonly peers: Iterable<Peer>
  readonly groups: ReverseGroups
  isKept(record: TokenRecord): boolean
  readonly uses: { of(record: TokenRecord): Pick<TokenUse, 'quota'> | undefined }
}

/** Describes all tokens, in the order they were added. */
export function tokenStatuses({ tokens, peers, groups, isKept, uses }: TokenSources): TokenStatus[] {
  const instances = countInstances(peers)
  return [...tokens].map((record) => {
    const { token, kind, policy } = record
    const quota = uses.of(record)?.quota?.uses(Date.now())
    const counts = { clients: instances.get(record)?.size ?? 0, kept: isKept(record) }
    const status = {
      token,
      id: tokenId(token),
      kind,
      ...counts,
      policy: policy?.options,
      quota,
    }
    if (record.kind === 'forward') return status
    if (record.kind === 'connector') {
      const { reverse, owner } = record
      const target = { reverseToken: reverse.token, reverseId: tokenId(reverse.token) }
      return { ...status, ...target, byProvider: owner !== undefined }
    }
    return { ...status, port: portOf(record, groups), connectorTokens: namesOf(tokens.connectorsOf(record)) }
  })
}

function countInstances(peers: Iterable<Peer>): Map<TokenRecord, Set<string>> {
  const instances = new Map<TokenRecord, Set<string>>()
  for (const { record, instance, session } of peers) {
    if (!session.linked) continue
    const known = instances.get(record) ?? new Set<string>()
    instances.set(record, known.add(instance))
  }
  return instances
}

function portOf(record: ReverseToken, groups: ReverseGroups): number | undefined {
  const port = groups.of(record)?.socks.number ?? record.port
  return port < 0 ? undefined : port
}

function namesOf(connectors: Iterable<ConnectorToken>): string[] {
  return [...connectors].map(({ token }) => token)
}
