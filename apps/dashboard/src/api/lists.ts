import { call } from './call.js'

/** Bytes and speeds. */
export interface RateInfo {
  readonly bytes_to_target: number
  readonly bytes_from_target: number
  readonly rate_to_target: number | null
  readonly rate_from_target: number | null
}

/** Traffic of a row, in both lists. */
export interface TrafficInfo extends RateInfo {
  readonly id: string
  readonly role: string
  readonly token_id: string | null
  readonly token_name: string | null
  readonly age_ms: number
}

/** A link, as in `GET /api/links`. */
export interface LinkInfo extends TrafficInfo {
  readonly instance: string
  readonly client_address: string
  readonly state: 'up' | 'waiting'
  readonly round_trip_ms: number | null
  readonly resumes: number
  readonly channels: number
}

/** A connection, as in `GET /api/connections`. */
export interface ConnectionInfo extends TrafficInfo {
  readonly protocol: 'tcp' | 'udp'
  readonly target: string | null
  readonly client_address: string | null
  readonly queued_bytes: number
  readonly unsent_bytes: number
}

/** Keys by which connections can be grouped. */
export type GroupKind = 'target' | 'token' | 'provider'

/** A group of connections, as in `GET /api/connections?group=`. */
export interface GroupInfo extends RateInfo {
  readonly id: string
  readonly name: string | null
  readonly connections: number
}

/** Traffic to one destination, as in `GET /api/destinations` of a client. */
export interface DestinationInfo {
  readonly id: string
  readonly target: string
  readonly open: number
  readonly ended: number
  readonly failed: number
  readonly bytes_to_target: number
  readonly bytes_from_target: number
}

/** Part and order of a list. */
export interface ListQuery {
  readonly sort: string
  readonly order: 'asc' | 'desc'
  readonly q: string
  readonly limit: number
  readonly offset: number
}

export interface Page<T> {
  readonly total: number
  /** Number of rows that match the search. */
  readonly matched: number
  readonly rows: readonly T[]
}

/** Lists links. @throws ApiError */
export async function listLinks(query: ListQuery, signal: AbortSignal): Promise<Page<LinkInfo>> {
  const { links: rows, ...page } = await call<PageOf<'links', LinkInfo>>('GET', pathOf('links', query), { signal })
  return { ...page, rows }
}

/** Lists connections. @throws ApiError */
export async function listConnections(query: ListQuery, signal: AbortSignal): Promise<Page<ConnectionInfo>> {
  const path = pathOf('connections', query)
  const { connections: rows, ...page } = await call<PageOf<'connections', ConnectionInfo>>('GET', path, { signal })
  return { ...page, rows }
}

/** Lists groups of connections. @throws ApiError */
export async function listGroups(group: GroupKind, query: ListQuery, signal: AbortSignal): Promise<Page<GroupInfo>> {
  const path = `${pathOf('connections', query)}&group=${group}`
  const { groups: rows, ...page } = await call<PageOf<'groups', GroupInfo>>('GET', path, { signal })
  return { ...page, rows }
}

/** Lists destinations. @throws ApiError */
export async function listDestinations(query: ListQuery, signal: AbortSignal): Promise<Page<DestinationInfo>> {
  const path = pathOf('destinations', query)
  const { destinations, ...page } = await call<PageOf<'destinations', DestinationInfo>>('GET', path, { signal })
  return { ...page, rows: destinations.map((row) => ({ ...row, id: row.target })) }
}

/** Closes a link. @throws ApiError */
export async function closeLink(id: string): Promise<void> {
  await call('DELETE', `links/${encodeURIComponent(id)}`)
}

/** Closes a connection. @throws ApiError */
export async function cutConnection(id: string): Promise<void> {
  await call('DELETE', `connections/${encodeURIComponent(id)}`)
}

type PageOf<Name extends string, T> = { readonly [K in Name]: readonly T[] } & {
  readonly total: number
  readonly matched: number
}

function pathOf(name: string, { q, ...query }: ListQuery): string {
  const fields = Object.entries({ ...query, ...(q === '' ? {} : { q }) })
  return `${name}?${new URLSearchParams(fields.map(([key, value]) => [key, String(value)]))}`
}
