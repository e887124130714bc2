import type { Snapshot } from '@ls/foundation'
import { type ApiPlace, callApi } from '../../api/api-call.js'

/** Data shown at one moment. */
export interface TopData {
  readonly snapshot: Snapshot
  readonly links: Page<LinkRow>
  readonly connections: Page<ConnectionRow>
}

/** Part of a list, in the form of the API. */
export interface Page<Row> {
  readonly total: number
  readonly matched: number
  readonly rows: readonly Row[]
}

interface Moved {
  readonly id: string
  readonly client_address: string | null
  readonly role: string
  readonly token_name: string | null
  readonly token_id: string | null
  readonly age_ms: number
  readonly bytes_to_target: number
  readonly bytes_from_target: number
  readonly rate_to_target: number | null
  readonly rate_from_target: number | null
}

/** Row of `GET /api/links`. */
export interface LinkRow extends Moved {
  readonly state: 'up' | 'waiting'
  readonly round_trip_ms: number | null
  readonly resumes: number
  readonly channels: number
}

/** Row of `GET /api/connections`. */
export interface ConnectionRow extends Moved {
  readonly protocol: string
  readonly target: string | null
}

/** Sort keys of the connections; those of the links follow them. */
export const topSorts = ['rate', 'bytes', 'age', 'target', 'token'] as const

export type TopSort = (typeof topSorts)[number]

/** Query for the data. */
export interface TopQuery {
  readonly sort: TopSort
  readonly filter: string
  /** Most rows of each list. */
  readonly limit: number
}

/** Requests all data. @throws Error with the server's message, or why it does not answer */
export async function askTop(place: ApiPlace, { sort, filter, limit }: TopQuery): Promise<TopData> {
  const isText = sort === 'target' || sort === 'token'
  const query = new URLSearchParams({ limit: String(limit), order: isText ? 'asc' : 'desc', q: filter })
  const get = (path: string): Promise<unknown> => callApi(place, { method: 'GET', path })
  const [snapshot, links, connections] = await Promise.all([
    get('/api/snapshot'),
    get(`/api/links?${query.toString()}&sort=${sort === 'target' ? 'address' : sort}`),
    get(`/api/connections?${query.toString()}&sort=${sort}`),
  ])
  return {
    snapshot: snapshot as Snapshot,
    links: pageOf(links as Listed<LinkRow>, 'links'),
    connections: pageOf(connections as Listed<ConnectionRow>, 'connections'),
  }
}

/** Closes a link or connection. @throws Error if it is gone */
export async function cutOne(place: ApiPlace, list: 'links' | 'connections', id: string): Promise<void> {
  await callApi(place, { method: 'DELETE', path: `/api/${list}/${encodeURIComponent(id)}` })
}

interface Listed<Row> {
  readonly total: number
  readonly matched: number
  readonly links?: readonly Row[]
  readonly connections?: readonly Row[]
}

function pageOf<Row>({ total, matched, ...lists }: Listed<Row>, name: 'links' | 'connections'): Page<Row> {
  return { total, matched, rows: lists[name] ?? [] }
}
