import type { ComponentChildren, JSX, RefObject } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { ListQuery, Page } from '../api/lists.js'
import { usePolled } from '../live/polled.js'
import { count, fill } from '../texts/format.js'
import { texts } from '../texts/language.js'
import { SearchField } from './field.js'

export interface Column<T> {
  /** Sort key of the server; undefined where it cannot sort. */
  readonly sort?: string
  readonly name: string
  readonly cell: (row: T) => ComponentChildren
  readonly isNumber?: boolean
  /** Whether a long text is shortened. The whole is in a `title`, and shown while its row has the focus. */
  readonly isLong?: boolean
  /** Whether a narrow window leaves it out. */
  readonly isMinor?: boolean
}

export interface LiveTableProps<T> {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly firstSort: string
  /** Requests the visible rows from the server. */
  readonly ask: (query: ListQuery, signal: AbortSignal) => Promise<Page<T>>
  /** Action at the end of a row. */
  readonly action?: (row: T, refresh: () => void) => ComponentChildren
  readonly empty: ComponentChildren
  /** Content beside the search. */
  readonly more?: ComponentChildren
}

/** Height of a row, in pixels; the style sheet uses the same value. */
const rowHeight = 34

/** Rows to request beyond the visible ones, on each side. */
const spareRows = 20

/** Interval of requests, in milliseconds. */
const periodMs = 1000

/** Table of a list that the server sorts and searches; of thousands of rows, only the visible ones are loaded. */
export function LiveTable<T extends { readonly id: string }>(props: LiveTableProps<T>): JSX.Element {
  const { label, columns, firstSort, ask, action, empty, more } = props
  const t = texts.value.list
  const place = useRef<HTMLDivElement>(null)
  const { query, look, search, sortBy } = useQuery(place, firstSort)
  const askNow = useMemo(
    () => (signal: AbortSignal) => ask(query, signal).then((page) => ({ ...page, query })),
    [ask, query],
  )
  const { value, error, refresh } = usePolled(askNow, periodMs)
  if (value?.total === 0) return <>{empty}</>
  return (
    <>
      <Toolbar onSearch={search} more={more}>
        {value !== undefined && fill(t.matched, count(value.matched), count(value.total))}
      </Toolbar>
      {error !== undefined && (
        <p class="fault" role="alert">
          {error}
        </p>
      )}
      <div class="card table live" ref={place} onScroll={look} tabIndex={0} role="region" aria-label={label}>
        <table aria-rowcount={(value?.matched ?? 0) + 1}>
          <thead>
            <tr>
              {columns.map((column) => (
                <Head key={column.name} column={column} query={query} onSort={sortBy} />
              ))}
              <td />
            </tr>
          </thead>
          {value !== undefined && <Body page={value} columns={columns} action={(row) => action?.(row, refresh)} />}
        </table>
      </div>
    </>
  )
}

interface LiveQuery {
  readonly query: ListQuery
  /** Asks for the rows that are visible now. */
  look(): void
  search(text: string): void
  /** Sorts by a key, the largest first; a second call with the same key reverses the order. */
  sortBy(key: string): void
}

/** Query of a table that scrolls within `place`. */
function useQuery(place: RefObject<HTMLElement | null>, firstSort: string): LiveQuery {
  const [query, setQuery] = useState<ListQuery>({ sort: firstSort, order: 'desc', q: '', limit: 60, offset: 0 })
  const look = (): void => setQuery((last) => inSight(place.current, last))
  useEffect(() => {
    look()
    addEventListener('resize', look)
    return () => removeEventListener('resize', look)
  }, [])
  const fromTop = (change: (last: ListQuery) => Partial<ListQuery>): void => {
    place.current?.scrollTo(0, 0)
    setQuery((last) => ({ ...last, ...change(last), offset: 0 }))
  }
  return {
    query,
    look,
    search: (q) => fromTop(() => ({ q })),
    sortBy: (sort) =>
      fromTop((last) => ({ sort, order: last.sort === sort && last.order === 'desc' ? 'asc' : 'desc' })),
  }
}

interface ToolbarProps {
  readonly onSearch: (text: string) => void
  readonly more: ComponentChildren
  /** How many rows there are. */
  readonly children: ComponentChildren
}

function Toolbar({ onSearch, more, children }: ToolbarProps): JSX.Element {
  return (
    <div class="toolbar">
      <SearchField onSearch={onSearch} />
      {more}
      <span class="muted" role="status">
        {children}
      </span>
    </div>
  )
}

interface BodyProps<T> {
  readonly page: Page<T> & { readonly query: ListQuery }
  readonly columns: readonly Column<T>[]
  readonly action: (row: T) => ComponentChildren
}

/** The rows in sight, between spaces for the others. */
function Body<T extends { readonly id: string }>({ page, columns, action }: BodyProps<T>): JSX.Element {
  const { rows, matched, query } = page
  return (
    <tbody>
      <Gap rows={query.offset} />
      {rows.map((row, index) => (
        <tr key={row.id} aria-rowindex={query.offset + index + 2}>
          {columns.map((column) => (
            <td key={column.name} class={classOf(column)}>
              {column.cell(row)}
            </td>
          ))}
          <td class="end">{action(row)}</td>
        </tr>
      ))}
      <Gap rows={Math.max(0, matched - query.offset - rows.length)} />
    </tbody>
  )
}

interface HeadProps<T> {
  readonly column: Column<T>
  readonly query: ListQuery
  readonly onSort: (sort: string) => void
}

function Head<T>({ column, query, onSort }: HeadProps<T>): JSX.Element {
  const { name, sort } = column
  const isSorted = sort !== undefined && sort === query.sort
  const order = query.order === 'desc' ? 'descending' : 'ascending'
  return (
    <th scope="col" class={classOf(column)} aria-sort={isSorted ? order : undefined}>
      {sort === undefined ? (
        name
      ) : (
        <button class="sort" onClick={() => onSort(sort)}>
          {name}
        </button>
      )}
    </th>
  )
}

function classOf(column: Pick<Column<unknown>, 'isNumber' | 'isLong' | 'isMinor'>): string {
  return [column.isNumber && 'number', column.isLong && 'long', column.isMinor && 'minor'].filter(Boolean).join(' ')
}

/** Space for rows that are out of sight. */
function Gap({ rows }: { readonly rows: number }): JSX.Element | null {
  return rows === 0 ? null : <tr class="gap" aria-hidden="true" style={{ height: `${rows * rowHeight}px` }} />
}

/** Query for the rows that are visible now; the same object if it covers them already. */
function inSight(place: HTMLElement | null, query: ListQuery): ListQuery {
  if (place === null) return query
  const first = Math.floor(place.scrollTop / rowHeight)
  const rows = Math.ceil(place.clientHeight / rowHeight)
  const isCovered = query.offset <= first && first + rows <= query.offset + query.limit
  if (isCovered) return query
  return { ...query, offset: Math.max(0, first - spareRows), limit: rows + 2 * spareRows }
}
