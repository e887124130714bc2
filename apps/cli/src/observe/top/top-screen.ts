import { escapeControls } from '../../output/escape-controls.js'
import { formatBytes } from '../format-bytes.js'
import { fit, sparkline } from './cells.js'
import type { SpeedHistory } from './speed-history.js'
import { connectionColumns, linkColumns, tableLines } from './tables.js'
import type { TopData } from './top-data.js'
import type { TopState } from './top-state.js'

/** A line of the screen. */
export interface ScreenLine {
  readonly text: string
  readonly style?: 'bold' | 'inverse' | 'red' | 'dim'
}

export interface ScreenOptions {
  readonly columns: number
  readonly rows: number
  readonly state: TopState
  /** The data; undefined before the first answer. */
  readonly data: TopData | undefined
  readonly history: Pick<SpeedHistory, 'toTarget' | 'fromTarget'>
  /** Reason why there is no newer answer, or the result of a key. */
  readonly notice: string
}

/** The whole screen: exactly `rows` lines, none wider than the terminal. */
export function screenLines({ columns, rows, state, data, history, notice }: ScreenOptions): ScreenLine[] {
  const head = [...headLines(data), ...speedLines(history, columns)]
  const foot = footLine(state, notice)
  const room = Math.max(0, rows - head.length - 1)
  const body = data === undefined ? [] : bodyLines(data, state, columns, room)
  const lines = [...head, ...padded(body, room), foot].slice(-rows)
  return lines.map((line) => ({ ...line, text: fit(line.text, columns) }))
}

/** Lines for a pipe: the same tables once. */
export function plainLines(data: TopData, columns: number): string[] {
  const { links, connections } = data
  return [
    ...headLines(data).map(({ text }) => text),
    '',
    ...tableLines(linkColumns, links.rows, columns),
    ...more(links),
    '',
    ...tableLines(connectionColumns, connections.rows, columns),
    ...more(connections),
  ].map((line) => line.trimEnd())
}

function headLines(data: TopData | undefined): ScreenLine[] {
  if (data === undefined) return [{ text: 'linksocks top', style: 'bold' }]
  const { program, version, readiness, links, limits, refusals } = data.snapshot
  const refused = Object.values(refusals).reduce((sum, count) => sum + count, 0)
  const memory = limits.find(({ name }) => name === 'memory')
  const parts = [
    `links: ${links.up} up, ${links.waiting} waiting`,
    `connections: ${data.connections.total}`,
    ...(links.roundTripsMs.length === 0 ? [] : [`rtt ${median(links.roundTripsMs).toFixed(1)} ms`]),
    ...(memory === undefined ? [] : [`memory ${formatBytes(memory.used)} of ${formatBytes(memory.limit)}`]),
    ...(refused === 0 ? [] : [`${refused} refused`]),
  ]
  const reasons = readiness.reasons.length === 0 ? '' : `: ${readiness.reasons.join('; ')}`
  const ready = readiness.ready ? 'ready' : `not ready${reasons}`
  return [
    { text: escapeControls(`${program} ${version}: ${ready}`), style: readiness.ready ? 'bold' : 'red' },
    { text: parts.join('   ') },
  ]
}

function median(sorted: readonly number[]): number {
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? 0
}

function speedLines({ toTarget, fromTarget }: ScreenOptions['history'], columns: number): ScreenLine[] {
  const line = (name: string, speeds: readonly number[]): ScreenLine => {
    const now = `${name} ${fit(`${formatBytes(speeds.at(-1) ?? 0)}/s`, 13)}`
    return { text: `${now} ${sparkline(speeds, Math.max(0, columns - now.length - 1))}` }
  }
  return [line('from targets', fromTarget), line('to targets  ', toTarget), { text: '' }]
}

/** Tables of the screen: the chosen list gets the lines that it needs; the other one has at least its first rows. */
function bodyLines(data: TopData, state: TopState, columns: number, room: number): ScreenLine[] {
  const other = Math.max(1, Math.floor(room / 4) - 2)
  const linkRoom = state.list === 'links' ? room - other - 3 : other
  const links = tableOf('links', tableLines(linkColumns, data.links.rows, columns), state, linkRoom)
  const rows = tableLines(connectionColumns, data.connections.rows, columns)
  return [...links, { text: '' }, ...tableOf('connections', rows, state, room - links.length - 2)]
}

/** Title and rows of a list, with the selected one among them. */
function tableOf(list: TopState['list'], lines: readonly string[], state: TopState, room: number): ScreenLine[] {
  const [title = '', ...rows] = lines
  const count = Math.max(0, room)
  const isChosen = state.list === list
  const selected = isChosen ? Math.min(state.selected, rows.length - 1) : -1
  const from = Math.max(0, selected - count + 1)
  const shown = rows.slice(from, from + count).map((text, index): ScreenLine => {
    return from + index === selected ? { text, style: 'inverse' } : { text }
  })
  return [{ text: title, style: isChosen ? 'bold' : 'dim' }, ...shown]
}

function footLine({ mode, filter, victim, sort }: TopState, notice: string): ScreenLine {
  if (mode === 'filter') return { text: `filter: ${filter}█  (Enter applies it, Esc removes it)`, style: 'bold' }
  if (mode === 'confirm' && victim !== undefined) {
    const what = 'target' in victim ? (victim.target ?? victim.id) : `the link of ${victim.client_address}`
    return { text: escapeControls(`cut ${what}? y cuts it, any other key does not`), style: 'red' }
  }
  if (notice !== '') return { text: escapeControls(notice), style: 'red' }
  const shown = filter === '' ? '/ filter' : `/ filter: ${filter}`
  return { text: `q quit  s sort: ${sort}  ${shown}  Tab other list  ↑↓ select  x cut`, style: 'dim' }
}

function padded(lines: readonly ScreenLine[], count: number): ScreenLine[] {
  return Array.from({ length: count }, (_, index) => lines[index] ?? { text: '' })
}

function more({ matched, rows }: TopData['links' | 'connections']): string[] {
  return matched > rows.length ? [`and ${matched - rows.length} more`] : []
}
