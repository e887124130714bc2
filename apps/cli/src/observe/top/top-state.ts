import { type ConnectionRow, type LinkRow, type Page, type TopData, type TopSort, topSorts } from './top-data.js'

/** Choices of the user at the terminal. */
export interface TopState {
  readonly list: 'connections' | 'links'
  readonly sort: TopSort
  readonly filter: string
  /** Selected row of the list; may be past its end after the list has changed. */
  readonly selected: number
  /** `filter` accepts letters, `confirm` waits for y. */
  readonly mode: 'browse' | 'filter' | 'confirm'
  /** Row to close, in `confirm`. */
  readonly victim: Row | undefined
}

type Row = ConnectionRow | LinkRow

export const firstState: TopState = {
  list: 'connections',
  sort: 'rate',
  filter: '',
  selected: 0,
  mode: 'browse',
  victim: undefined,
}

/** Action of a key, besides another state. */
export type TopAction = { readonly kind: 'quit' } | { readonly kind: 'cut'; readonly victim: Row } | undefined

/** A key, as Node's `readline` reports it. */
export interface Key {
  readonly name?: string | undefined
  readonly sequence?: string | undefined
  readonly ctrl?: boolean | undefined
}

/** The state after a key. */
export function pressed(state: TopState, key: Key, data: TopData | undefined): readonly [TopState, TopAction] {
  if (key.ctrl === true && key.name === 'c') return [state, { kind: 'quit' }]
  if (state.mode === 'filter') return [filtering(state, key), undefined]
  if (state.mode === 'confirm') return confirming(state, key)
  return browsing(state, key, data)
}

/** The rows of the chosen list. */
function rowsOf({ list }: Pick<TopState, 'list'>, data: TopData | undefined): readonly Row[] {
  const page: Page<Row> | undefined = data?.[list]
  return page?.rows ?? []
}

function filtering(state: TopState, { name, sequence = '', ctrl }: Key): TopState {
  if (name === 'return') return { ...state, mode: 'browse' }
  if (name === 'escape') return { ...state, mode: 'browse', filter: '' }
  if (name === 'backspace') return { ...state, filter: Array.from(state.filter).slice(0, -1).join('') }
  const isText = ctrl !== true && /^[^\p{Cc}]+$/u.test(sequence) && state.filter.length < maxFilterChars
  return isText ? { ...state, filter: state.filter + sequence, selected: 0 } : state
}

/** Longest filter: a host name has no more characters. */
const maxFilterChars = 253

function confirming(state: TopState, { name }: Key): readonly [TopState, TopAction] {
  const { victim } = state
  const next = { ...state, mode: 'browse', victim: undefined } as const
  return [next, name === 'y' && victim !== undefined ? { kind: 'cut', victim } : undefined]
}

function browsing(state: TopState, key: Key, data: TopData | undefined): readonly [TopState, TopAction] {
  const rows = rowsOf(state, data)
  const last = Math.max(0, rows.length - 1)
  const selected = Math.min(state.selected, last)
  switch (key.name ?? '') {
    case 'q':
      return [state, { kind: 'quit' }]
    case 'tab':
      return [{ ...state, list: state.list === 'links' ? 'connections' : 'links', selected: 0 }, undefined]
    case 's':
      return [{ ...state, sort: topSorts[(topSorts.indexOf(state.sort) + 1) % topSorts.length] ?? 'rate' }, undefined]
    case 'up':
    case 'k':
      return [{ ...state, selected: Math.max(0, selected - 1) }, undefined]
    case 'down':
    case 'j':
      return [{ ...state, selected: Math.min(last, selected + 1) }, undefined]
    case 'x': {
      const victim = rows[selected]
      return [victim === undefined ? state : { ...state, selected, mode: 'confirm', victim }, undefined]
    }
    case 'escape':
      return [{ ...state, filter: '', selected: 0 }, undefined]
    default:
      return [key.sequence === '/' ? { ...state, mode: 'filter' } : state, undefined]
  }
}
