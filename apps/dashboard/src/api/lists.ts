import { call } from './call.js'

/** What both lists tell of each row. */
export interface TrafficInfo {
  readonly id: string
  readonly role: string
  readonly token_id: string | null
  readonly token_name: string | null
  readonly age_ms: number
  readonly bytes_to_target: number
  readonly bytes_from_target: number
  readonly rate_to_target: number | null
  readonly rate_from_target: number | null
}

/** A link as `GET /api/links` lists it. */
export interface LinkInfo extends TrafficInfo {
  readonly instance: string
  readonly client_address: string
  readonly state: 'up' | 'waiting'
  readonly round_trip_ms: number | null
  readonly resumes: number
  readonly channels: number
}

/** A connection as `GET /api/connections` lists it. */
export interface ConnectionInfo extends TrafficInfo {
  readonly protocol: 'tcp' | 'udp'
  readonly target: string | null
  readonly client_address: string | null
}

/** Which part of a list, in which order. */
export interface ListQuery {
  readonly sort: string
  readonly order: 'asc' | 'desc'
  readonly q: string
  readonly limit: number
  readonly offset: number
}

export interface Page<T> {
  readonly total: number
  /** How many fit the search. */
  readonly matched: number
  readonly rows: readonly T[]
}

/** @throws ApiError */
export async function listLinks(query: ListQuery, signal: AbortSignal): Promise<Page<LinkInfo>> {
  const { links: rows, ...page } = await call<PageOf<'links', LinkInfo>>('GET', pathOf('links', query), { signal })
  return { ...page, rows }
}

/** @throws ApiError */
export async function listConnections(query: ListQuery, signal: AbortSignal): Promise<Page<ConnectionInfo>> {
  const path = pathOf('connections', query)
  const { connections: rows, ...page } = await call<PageOf<'connections', ConnectionInfo>>('GET', path, { signal })
  return { ...page, rows }
}

/** @throws ApiError */
export async function closeLink(id: string): Promise<void> {
  await call('DELETE', `links/${encodeURIComponent(id)}`)
}

/** @throws ApiError */
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
