import { escapeControls } from '../../output/escape-controls.js'
import { formatBytes } from '../format-bytes.js'
import { fit, fitRight } from './cells.js'
import type { ConnectionRow, LinkRow } from './top-data.js'

/** A column of a table: a negative width is for a number, 0 uses the remaining columns. */
interface Column<Row> {
  readonly title: string
  readonly width: number
  /** Width up to which it grows in a wide terminal. @default `width` */
  readonly most?: number
  text(row: Row): string
}

/** Lines of a table, each as wide as the terminal; the title first. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  const shown = columns.filter((_, index) => widthOfFirst(columns, index + 1) <= width)
  const fixed = shown.reduce((sum, column) => sum + Math.abs(column.width) + 1, -1)
  const rest = Math.max(minRest, width - fixed)
  const grown = new Map(shown.map((column) => [column, growth(column, rest)]))
  const growing = [...grown.values()].reduce((sum, each) => sum + each, 0)
  const widthOf = (column: Column<Row>): number =>
    column.width === 0 ? rest - growing : column.width + (grown.get(column) ?? 0)
  const line = (textOf: (column: Column<Row>) => string): string =>
    fit(shown.map((column) => cell(textOf(column), widthOf(column))).join(' '), width)
  return [line(({ title }) => title), ...rows.map((row) => line((column) => escapeControls(column.text(row))))]
}

/** Minimum width of the text that uses the remaining columns. */
const minRest = 16

/** Width that is enough for that text: an IPv6 address with its port, or most names. */
const enoughRest = 48

/** Growth of a column where the remaining columns are more than enough. */
function growth({ width, most = width }: { readonly width: number; readonly most?: number }, rest: number): number {
  return Math.min(most - width, Math.max(0, rest - enoughRest))
}

function widthOfFirst<Row>(columns: readonly Column<Row>[], count: number): number {
  return columns.slice(0, count).reduce((sum, { width }) => sum + (width === 0 ? minRest : Math.abs(width)) + 1, -1)
}

function cell(text: string, width: number): string {
  return width < 0 ? fitRight(text, -width) : fit(text, width)
}

export const connectionColumns: readonly Column<ConnectionRow>[] = [
  { title: 'TARGET', width: 0, text: ({ target, protocol }) => target ?? protocol },
  { title: 'FROM/S', width: -10, text: ({ rate_from_target: rate }) => speed(rate) },
  { title: 'TO/S', width: -10, text: ({ rate_to_target: rate }) => speed(rate) },
  { title: 'BYTES', width: -10, text: (row) => formatBytes(row.bytes_from_target + row.bytes_to_target) },
  { title: 'TOKEN', width: 12, most: 64, text: tokenOf },
  { title: 'AGE', width: -4, text: ({ age_ms: ms }) => age(ms) },
  { title: 'CLIENT', width: 18, text: ({ client_address: address, role }) => address ?? role },
  { title: 'ROLE', width: 9, text: ({ role }) => role },
  { title: 'FROM', width: -10, text: ({ bytes_from_target: bytes }) => formatBytes(bytes) },
  { title: 'TO', width: -10, text: ({ bytes_to_target: bytes }) => formatBytes(bytes) },
]

export const linkColumns: readonly Column<LinkRow>[] = [
  { title: 'LINK', width: 0, text: ({ client_address: address }) => address ?? '' },
  { title: 'FROM/S', width: -10, text: ({ rate_from_target: rate }) => speed(rate) },
  { title: 'TO/S', width: -10, text: ({ rate_to_target: rate }) => speed(rate) },
  { title: 'RTT', width: -8, text: ({ round_trip_ms: ms }) => (ms === null ? '' : `${ms.toFixed(1)} ms`) },
  { title: 'TOKEN', width: 12, most: 64, text: tokenOf },
  { title: 'OPEN', width: -5, text: ({ channels }) => String(channels) },
  { title: 'STATE', width: 7, text: ({ state }) => state },
  { title: 'ROLE', width: 9, text: ({ role }) => role },
  { title: 'AGE', width: -4, text: ({ age_ms: ms }) => age(ms) },
  { title: 'RESUMED', width: -7, text: ({ resumes }) => String(resumes) },
  { title: 'BYTES', width: -10, text: (row) => formatBytes(row.bytes_from_target + row.bytes_to_target) },
]

function tokenOf({ token_name: name, token_id: id }: LinkRow | ConnectionRow): string {
  return name ?? id ?? ''
}

/** Formats a speed; zero is blank, so that active rows stand out. */
function speed(rate: number | null): string {
  return rate === null || rate === 0 ? '' : formatBytes(rate)
}

/** Formats an age with its largest unit only: `59s`, `12m`, `23h`, `99d`. */
function age(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}
