import { type GroupKind, groupKinds, listGroups } from './connection-groups.js'
import type { LiveConnection, LiveLink } from './live-connection.js'
import type { EventData } from './live-event.js'
import { type Page, pageNames, pageOf, Query } from './query.js'
import type { Rates } from './rates.js'

/** Selection and order of connections. */
export interface ConnectionQuery extends Page {
  /** Sort key. @default age */
  readonly sort: keyof typeof sortKeys
  /** Part of a target, a client's address or a token's name, case-insensitive. */
  readonly text: string | undefined
  /** Id of a token. */
  readonly token: string | undefined
  /** Id of a link: its own, or that of a provider. */
  readonly link: string | undefined
  readonly protocol: 'tcp' | 'udp' | undefined
  /** Key to group by; undefined for single connections. */
  readonly group: GroupKind | undefined
}

/** Parses the query of `GET /api/connections`. @throws RangeError that names what is wrong */
export function parseConnectionQuery(params: URLSearchParams): ConnectionQuery {
  const query = new Query(params, [...pageNames, 'sort', 'q', 'token', 'link', 'protocol', 'group'])
  return {
    ...query.page(),
    sort: query.choice('sort', Object.keys(sortKeys) as (keyof typeof sortKeys)[]) ?? 'age',
    text: query.text('q')?.toLowerCase(),
    token: query.text('token'),
    link: query.text('link'),
    protocol: query.choice('protocol', ['tcp', 'udp']),
    group: query.choice('group', groupKinds),
  }
}

/** A page of the open connections that match, sorted. */
export function listConnections(
  all: readonly LiveConnection[],
  query: ConnectionQuery,
  { rates, nowMs }: { readonly rates: Rates; readonly nowMs: number },
): object {
  const matched = all.filter((connection) => matches(connection, query))
  const { group } = query
  if (group !== undefined) return { total: all.length, ...listGroups(matched, { ...query, group }, rates) }
  const page = pageOf(matched, (connection) => sortKeys[query.sort](connection, rates, nowMs), query)
  return {
    total: all.length,
    matched: matched.length,
    offset: query.offset,
    connections: page.map((connection) => describeConnection(connection, { rates, nowMs })),
  }
}

/** Describes an open connection for the list. */
function describeConnection(
  connection: LiveConnection,
  { rates, nowMs }: { readonly rates: Rates; readonly nowMs: number },
): object {
  const { key, bytesToTarget, bytesFromTarget, queuedBytes, unsentBytes, windowStalls, openedAtMs } = connection
  const rate = rates.of(key)
  return {
    ...identityOf(connection),
    age_ms: Math.round(nowMs - openedAtMs),
    bytes_to_target: bytesToTarget,
    bytes_from_target: bytesFromTarget,
    rate_to_target: rate?.toTarget ?? null,
    rate_from_target: rate?.fromTarget ?? null,
    queued_bytes: queuedBytes,
    unsent_bytes: unsentBytes,
    window_stalls: windowStalls,
  }
}

/** Fields of a connection that identify it: its link and its target. */
export function identityOf({ id, protocol, target, link, provider }: ConnectionIdentity): EventData {
  return {
    id,
    protocol,
    target: target ?? null,
    client_address: link?.address ?? null,
    role: link?.role ?? 'own',
    token_id: link?.tokenId ?? null,
    token_name: link?.tokenName ?? null,
    link_id: link?.id ?? null,
    provider_link_id: provider?.id ?? null,
  }
}

type ConnectionIdentity = Pick<LiveConnection, 'id' | 'protocol' | 'target' | 'link' | 'provider'>

function matches({ protocol, link, provider, target }: LiveConnection, query: ConnectionQuery): boolean {
  if (query.protocol !== undefined && protocol !== query.protocol) return false
  if (query.token !== undefined && link?.tokenId !== query.token) return false
  if (query.link !== undefined && link?.id !== query.link && provider?.id !== query.link) return false
  if (query.text === undefined) return true
  return has(target, query.text) || has(link?.address, query.text) || has(link?.tokenName, query.text)
}

function has(text: string | undefined, part: string): boolean {
  return text?.toLowerCase().includes(part) === true
}

const sortKeys = {
  age: ({ openedAtMs }: LiveConnection, _rates: Rates, nowMs: number) => nowMs - openedAtMs,
  bytes: ({ bytesToTarget, bytesFromTarget }: LiveConnection) => bytesToTarget + bytesFromTarget,
  rate: ({ key }: LiveConnection, rates: Rates) => {
    const rate = rates.of(key)
    return rate === undefined ? 0 : rate.toTarget + rate.fromTarget
  },
  rate_to_target: ({ key }: LiveConnection, rates: Rates) => rates.of(key)?.toTarget ?? 0,
  rate_from_target: ({ key }: LiveConnection, rates: Rates) => rates.of(key)?.fromTarget ?? 0,
  target: ({ target }: LiveConnection) => target ?? '',
  address: ({ link }: LiveConnection) => link?.address ?? '',
  token: ({ link }: LiveConnection) => nameOf(link),
} as const

function nameOf(link: LiveLink | undefined): string {
  return link?.tokenName ?? link?.tokenId ?? ''
}
