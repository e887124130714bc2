import type { LiveConnection, LiveLink, MovedBytes } from './live-connection.js'
import type { EventData } from './live-event.js'
import { type Page, pageNames, pageOf, Query } from './query.js'
import type { Measured, Rates } from './rates.js'

/** Selection and order of links. */
export interface LinkQuery extends Page {
  /** Sort key. @default age */
  readonly sort: keyof typeof sortKeys
  /** Part of an address, a process's id or a token's name, case-insensitive. */
  readonly text: string | undefined
  /** Id of a token. */
  readonly token: string | undefined
  readonly role: string | undefined
}

/** Parses the query of `GET /api/links`. @throws RangeError that names what is wrong */
export function parseLinkQuery(params: URLSearchParams): LinkQuery {
  const query = new Query(params, [...pageNames, 'sort', 'q', 'token', 'role'])
  return {
    ...query.page(),
    sort: query.choice('sort', Object.keys(sortKeys) as (keyof typeof sortKeys)[]) ?? 'age',
    text: query.text('q')?.toLowerCase(),
    token: query.text('token'),
    role: query.choice('role', ['forward', 'reverse', 'connector']),
  }
}

/** A link with the totals of its channels. */
export interface LinkRow extends Measured {
  readonly link: LiveLink
  /** Number of open channels. */
  readonly channels: number
  readonly queuedBytes: number
}

/** Adds to each link the bytes of its open connections; a forwarded one counts on both of its links. */
export function linkRows(links: Iterable<LiveLink>, connections: Iterable<LiveConnection>): LinkRow[] {
  const rows = new Map<LiveLink, Sum>()
  for (const link of links) rows.set(link, new Sum(link))
  for (const connection of connections) {
    const { link, provider } = connection
    if (link !== undefined) rows.get(link)?.add(connection)
    if (provider !== undefined) rows.get(provider)?.add(connection)
  }
  return [...rows.values()]
}

/** A page of the links that match, sorted. */
export function listLinks(
  all: readonly LinkRow[],
  query: LinkQuery,
  { rates, nowMs }: { readonly rates: Rates; readonly nowMs: number },
): object {
  const matched = all.filter(({ link }) => matches(link, query))
  const page = pageOf(matched, (row) => sortKeys[query.sort](row, rates, nowMs), query)
  return {
    total: all.length,
    matched: matched.length,
    offset: query.offset,
    links: page.map((row) => describeRow(row, rates, nowMs)),
  }
}

/** Fields of a link that identify it: its peer and its token. */
export function describeLink({ id, role, instance, address, tokenId, tokenName }: LiveLink): EventData {
  return {
    id,
    role,
    instance,
    client_address: address,
    token_id: tokenId ?? null,
    token_name: tokenName ?? null,
  }
}

function describeRow(row: LinkRow, rates: Rates, nowMs: number): object {
  const { link, channels, queuedBytes, bytesToTarget, bytesFromTarget } = row
  const rate = rates.of(row.key)
  return {
    ...describeLink(link),
    state: link.up ? 'up' : 'waiting',
    age_ms: Math.round(nowMs - link.openedAtMs),
    round_trip_ms: link.roundTripMs ?? null,
    resumes: link.resumes,
    extensions: link.extensions,
    channels,
    bytes_to_target: bytesToTarget,
    bytes_from_target: bytesFromTarget,
    rate_to_target: rate?.toTarget ?? null,
    rate_from_target: rate?.fromTarget ?? null,
    replay_bytes: link.replayBytes,
    queued_bytes: queuedBytes,
  }
}

function matches({ role, tokenId, tokenName, address, instance }: LiveLink, query: LinkQuery): boolean {
  if (query.role !== undefined && role !== query.role) return false
  if (query.token !== undefined && tokenId !== query.token) return false
  const { text } = query
  return text === undefined || [tokenName ?? '', address, instance].some((part) => part.toLowerCase().includes(text))
}

const sortKeys = {
  age: ({ openedAtMs }: LinkRow, _rates: Rates, nowMs: number) => nowMs - openedAtMs,
  bytes: ({ bytesToTarget, bytesFromTarget }: LinkRow) => bytesToTarget + bytesFromTarget,
  rate: ({ key }: LinkRow, rates: Rates) => {
    const rate = rates.of(key)
    return rate === undefined ? 0 : rate.toTarget + rate.fromTarget
  },
  rate_to_target: ({ key }: LinkRow, rates: Rates) => rates.of(key)?.toTarget ?? 0,
  rate_from_target: ({ key }: LinkRow, rates: Rates) => rates.of(key)?.fromTarget ?? 0,
  channels: ({ channels }: LinkRow) => channels,
  round_trip: ({ link }: LinkRow) => link.roundTripMs ?? 0,
  address: ({ link }: LinkRow) => link.address,
  token: ({ link }: LinkRow) => link.tokenName ?? link.tokenId ?? '',
} as const

class Sum implements LinkRow {
  readonly link: LiveLink
  channels = 0
  queuedBytes = 0
  bytesToTarget: number
  bytesFromTarget: number

  constructor(link: LiveLink) {
    this.link = link
    this.bytesToTarget = link.ended.bytesToTarget
    this.bytesFromTarget = link.ended.bytesFromTarget
  }

  get key(): object {
    return this.link
  }

  get openedAtMs(): number {
    return this.link.openedAtMs
  }

  add({ bytesToTarget, bytesFromTarget, queuedBytes }: MovedBytes & { readonly queuedBytes: number }): void {
    this.channels++
    this.bytesToTarget += bytesToTarget
    this.bytesFromTarget += bytesFromTarget
    this.queuedBytes += queuedBytes
  }
}
