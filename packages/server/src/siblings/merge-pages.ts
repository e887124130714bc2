import { ApiRefusal } from '@ls/observe/http'

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

/** Most rows that are read from each process for one page. */
const maxMergedRows = 1000

/** Query by which each process lists the rows that may be on a page. @throws ApiRefusal 400 for one that is too far */
export function queryOfPart(query: URLSearchParams): URLSearchParams {
  const part = new URLSearchParams(query)
  const { offset, limit } = placeOf(query)
  if (offset + limit > maxMergedRows)
    throw new ApiRefusal(400, `offset and limit together may be ${maxMergedRows} at most in a server with workers`)
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
  const { offset, limit } = placeOf(query)
  const keyOf = keyFor(query.get('sort') ?? '', name)
  const sign = query.get('order') === 'asc' ? 1 : -1
  const sorted = rows.toSorted((a, b) => {
    const [one, other] = [keyOf(a), keyOf(b)]
    return one < other ? -sign : one > other ? sign : 0
  })
  const matched = name === 'groups' ? rows.length : sum(pages, 'matched')
  return { ...first, total: sum(pages, 'total'), matched, offset, [name]: sorted.slice(offset, offset + limit) }
}

function placeOf(query: URLSearchParams): { readonly offset: number; readonly limit: number } {
  // Each process checks the texts itself.
  const number = (name: string, fallback: number): number => Number(query.get(name) ?? '') || fallback
  return { offset: number('offset', 0), limit: number('limit', 100) }
}

/** Groups of the same key are one group, with the sum of their numbers. */
function mergeGroups(all: readonly Row[]): Row[] {
  const found = new Map<unknown, Row>()
  for (const row of all) {
    const known = found.get(row['id'])
    if (known === undefined) found.set(row['id'], row)
    else found.set(row['id'], { ...row, ...Object.fromEntries(groupSums.map((key) => [key, add(known, row, key)])) })
  }
  return [...found.values()]
}

const groupSums = ['connections', 'bytes_to_target', 'bytes_from_target', 'rate_to_target', 'rate_from_target']

function keyFor(sort: string, list: 'links' | 'connections' | 'groups'): (row: Row) => number | string {
  const text = (row: Row, ...keys: string[]): string => keys.map((key) => row[key]).find(isText) ?? ''
  const number = (row: Row, ...keys: string[]): number => keys.reduce((total, key) => total + Number(row[key] ?? 0), 0)
  if (sort === 'bytes') return (row) => number(row, 'bytes_to_target', 'bytes_from_target')
  if (sort === 'rate') return (row) => number(row, 'rate_to_target', 'rate_from_target')
  if (sort === 'rate_to_target' || sort === 'rate_from_target') return (row) => number(row, sort)
  if (list === 'groups') return sort === 'target' ? (row) => text(row, 'name') : (row) => number(row, 'connections')
  if (sort === 'channels') return (row) => number(row, 'channels')
  if (sort === 'round_trip') return (row) => number(row, 'round_trip_ms')
  if (sort === 'target') return (row) => text(row, 'target')
  if (sort === 'address') return (row) => text(row, 'client_address')
  if (sort === 'token') return (row) => text(row, 'token_name', 'token_id')
  return (row) => number(row, 'age_ms')
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function add(one: Row, other: Row, key: string): number {
  return Number(one[key] ?? 0) + Number(other[key] ?? 0)
}

function sum(pages: readonly PageBody[], key: 'total' | 'matched'): number {
  return pages.reduce((total, page) => total + page[key], 0)
}
