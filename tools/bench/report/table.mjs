import { groupTitles } from '../cases.mjs'
import { median, spread } from './statistics.mjs'

/**
 * Makes a table of all figures of a run: a row for each figure, a column for each system; medians, with the spread
 * where there is one.
 */
export function figureTable({ systems, figures, values }) {
  const measured = systems.filter(({ id }) => figures.some((figure) => median(values[figure.id]?.[id]) !== undefined))
  const head = ['', ...measured.map(({ title, version }) => `${title}${version === undefined ? '' : ` ${version}`}`)]
  const rows = Object.entries(groupTitles).flatMap(([group, title]) => {
    const own = figures.filter((figure) => figure.group === group && values[figure.id] !== undefined)
    if (own.length === 0) return []
    return [[`**${title}**`, ...measured.map(() => '')], ...own.map((figure) => figureRow(figure, measured, values))]
  })
  return markdownTable(head, rows)
}

/** Formats a number with three significant digits. */
export function formatNumber(value) {
  if (value === undefined) return '–'
  if (value === 0) return '0'
  if (value === Infinity) return '∞'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(Math.abs(value) >= 0.1 ? 3 : 2)
}

/** Makes a table whose first column is aligned left, and all others right. */
export function markdownTable(head, rows, alignments = head.map((_, index) => (index === 0 ? '---' : '---:'))) {
  return [head, alignments, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function figureRow({ id, title, unit }, systems, values) {
  return [`${title} (${unit})`, ...systems.map((system) => cell(values[id][system.id]))]
}

function cell(values) {
  const share = spread(values)
  return `${formatNumber(median(values))}${share === undefined ? '' : ` ±${Math.round(100 * share)} %`}`
}
