import type { Peer } from '../links/peer.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { ConnectorToken, ReverseToken, TokenRecord, TokenRegistry } from './token-registry.js'

/** A token and what is connected through it. */
export interface TokenStatus {
  /** In clear: show it to nobody else. */
  readonly token: string
  /** What it is for. */
  readonly kind: TokenRecord['kind']
  /** Client processes whose link is up, however many WebSockets each has. */
  readonly clients: number
  /** Reverse: where SOCKS listens, or is going to when the first provider comes; −1 for nowhere. */
  readonly port?: number
  /** Reverse: the connector tokens that lead to it, those of providers included. */
  readonly connectorTokens?: readonly string[]
  /** Connector: the reverse token it leads to. */
  readonly reverseToken?: string
}

/** Describes all tokens, in the order they were added. */
export function listTokens(tokens: TokenRegistry, peers: Iterable<Peer>, groups: ReverseGroups): TokenStatus[] {
  const instances = countInstances(peers)
  return [...tokens].map((record) => {
    const status = { token: record.token, kind: record.kind, clients: instances.get(record)?.size ?? 0 }
    if (record.kind === 'forward') return status
    if (record.kind === 'connector') return { ...status, reverseToken: record.reverse.token }
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

function portOf(record: ReverseToken, groups: ReverseGroups): number {
  return groups.of(record)?.port ?? record.port
}

function namesOf(connectors: Iterable<ConnectorToken>): string[] {
  return [...connectors].map(({ token }) => token)
}
