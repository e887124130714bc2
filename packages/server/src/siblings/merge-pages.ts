import { maxRows, type Page, pageNames, pageOf, Query } from '@ls/observe'
import { ApiRefusal, checkQuery } from '@ls/observe/http'

/** A row of a list of links or connections, or a group of connections. */
type Row = Readonly<Record<string, unknown>>

interface PageBody {
  readonly total: number
  readonly matched: number
  readonly offset: number
  readonly group?: string
  readonly links?: readonly Row[]
  readonly connections?: readonly Row[]
  readonly groups?: readonly Row[]
}

/**
 * Query by which each process lists the rows that may be on a page. @throws ApiRefusal 400 for an invalid page, or one
 * that is too far: each process answers with `maxRows` at most
 */
export function queryOfPart(query: URLSearchParams): URLSearchParams {
  const part = new URLSearchParams(query)
  const { offset, limit } = pageIn(query)
  if (offset + limit > maxRows)
    throw new ApiRefusal(400, `offset and limit together may be ${maxRows} at most in a server with workers`)
  part.set('offset', '0')
  part.set('limit', String(offset + limit))
  return part
}

/** Makes a page of the first rows of each process, which {@link queryOfPart} has selected. */
export function mergePages(bodies: readonly unknown[], query: URLSearchParams): object {
  const pages = bodies as readonly PageBody[]
  const [first] = pages
  const name = first?.groups === undefined ? (first?.links === undefined ? 'connections' : 'links') : 'groups'
  const all = pages.flatMap((page) => page[name] ?? [])
  const rows = name === 'groups' ? mergeGroups(all) : all
  const page = pageIn(query)
  const matched = name === 'groups' ? rows.length : sum(pages, 'matched')
  const sorted = pageOf(rows, keyFor(query.get('sort') ?? '', name), page)
  return { ...first, total: sum(pages, 'total'), matched, offset: page.offset, [name]: sorted }
}

/** Each process checks the other parameters itself. */
function pageIn(query: URLSearchParams): Page {
  const names: readonly string[] = pageNames
  const params = new URLSearchParams([...query].filter(([name]) => names.includes(name)))
  return checkQuery(() => new Query(params, names).page())
}

/** Merges groups with the same key, and adds up their numbers. */
function mergeGroups(all: readonly Row[]): Row[] {
  const found = new Map<unknown, Row>()
  for (const row of all) {
    const known = found.get(row['id'])
    if (known === undefined) found.set(row['id'], row)
    else
      found.set(row['id'], {
        ...row,
        ...Object.fromEntries(groupSums.map((key) => [key, numbers(known, key) + numbers(row, key)])),
      })
  }
  return [...found.values()]
}

const groupSums = ['connections', 'bytes_to_target', 'bytes_from_target', 'rate_to_target', 'rate_from_target']

type SortKeys = Readonly<Record<string, (row: Row) => number | string>>

/** Sort keys by name, the same as for the lists in `@ls/observe`, but read from rows of an answer. */
const trafficKeys: SortKeys = {
  bytes: (row) => numbers(row, 'bytes_to_target', 'bytes_from_target'),
  rate: (row) => numbers(row, 'rate_to_target', 'rate_from_target'),
  rate_to_target: (row) => numbers(row, 'rate_to_target'),
  rate_from_target: (row) => numbers(row, 'rate_from_target'),
}
const groupKeys: SortKeys = { ...trafficKeys, target: (row) => firstText(row, 'name') }
const rowKeys: SortKeys = {
  ...trafficKeys,
  channels: (row) => numbers(row, 'channels'),
  round_trip: (row) => numbers(row, 'round_trip_ms'),
  target: (row) => firstText(row, 'target'),
  address: (row) => firstText(row, 'client_address'),
  token: (row) => firstText(row, 'token_name', 'token_id'),
}

function keyFor(sort: string, list: 'links' | 'connections' | 'groups'): (row: Row) => number | string {
  if (list === 'groups') return groupKeys[sort] ?? ((row) => numbers(row, 'connections'))
  return rowKeys[sort] ?? ((row) => numbers(row, 'age_ms'))
}

function firstText(row: Row, ...keys: string[]): string {
  return keys.map((key) => row[key]).find(isText) ?? ''
}

/** Sum of these fields. */
function numbers(row: Row, ...keys: string[]): number {
  return keys.reduce((total, key) => total + Number(row[key] ?? 0), 0)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function sum(pages: readonly PageBody[], key: 'total' | 'matched'): number {
  return pages.reduce((total, page) => total + page[key], 0)
}
