import { markdownTable } from '../report/table.mjs'
import { rows } from './rows.mjs'
import { payloadMbit, shortfalls } from './targets.mjs'

const head = [
  'Path, load',
  'Mbit/s',
  'of plain TCP',
  'echo, ms: idle',
  'p50 / p99',
  'plain TCP’s',
  'opening, ms',
  'of plain TCP',
  'short of its target',
]

/** Makes a table with a line for each measured row and system, beside plain TCP in the same run. */
export function pathTable(results) {
  return markdownTable(
    head,
    pairs(results).map(({ row, result, plain }) => cells(row, result, plain)),
    head.map((_, index) => (index === 0 || index === head.length - 1 ? '---' : '---:')),
  )
}

/** Returns the number of rows of our own program, and how many of them miss a target. */
export function countShort(results) {
  const ours = pairs(results).filter(({ result }) => result.system.startsWith('linksocks'))
  const short = ours.filter(
    ({ row, result, plain }) => shortfalls(row.targets, result, plain, payloadMbit(row)).length > 0,
  )
  return { short: short.length, all: ours.length }
}

/** Formats one result as a line to read while the next row is measured. */
export function progressLine(result, plain) {
  const row = rows.find(({ id }) => id === result.row)
  const [path, mbit, share, idle, echo, , open, openShare, short] = cells(row, result, plain ?? result)
  const back = result.backMs.length === 0 ? '' : `, back after ${result.backMs.map(Math.round).join(' and ')} ms`
  const system = result.system === 'direct' || result.system === 'linksocks' ? `, ${result.title}` : ''
  return `${path}${system}: ${mbit} Mbit/s (×${share}), echo ${idle}, ${echo}, open ${open} ms (×${openShare})${back}; ${short}`
}

function pairs(results) {
  return rows.flatMap((row) => {
    const own = results.filter(({ row: id }) => id === row.id)
    const plain = own.find(({ system }) => system === 'direct')
    return own.filter((result) => result !== plain).map((result) => ({ row, result, plain }))
  })
}

function cells(row, result, plain) {
  const { mbit, idleMs, echoP50Ms, echoP99Ms, openP50Ms } = result
  const system =
    result.system === 'linksocks' || result.system === 'direct' ? '' : `, ${result.title.replace('linksocks, ', '')}`
  return [
    `${row.title}${system}`,
    mbit.toFixed(2),
    (mbit / Math.min(plain.mbit, payloadMbit(row))).toFixed(2),
    ms(idleMs),
    `${ms(echoP50Ms)} / ${ms(echoP99Ms)}`,
    `${ms(plain.echoP50Ms)} / ${ms(plain.echoP99Ms)}`,
    ms(openP50Ms),
    openP50Ms === undefined ? '–' : (openP50Ms / plain.openP50Ms).toFixed(2),
    shortfalls(row.targets, result, plain, payloadMbit(row)).join(', ') || '–',
  ]
}

function ms(value) {
  return value === undefined ? '–' : Math.round(value).toLocaleString('en-US')
}
