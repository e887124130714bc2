import { keptQuantiles } from '../cases.mjs'
import { chart, colors, small, width } from './chart.mjs'
import { median } from './statistics.mjs'
import { bar, picture, text } from './svg.mjs'
import { formatNumber } from './table.mjs'

const titleSize = { 'font-size': 15, 'font-weight': 600 }

/** Returns all pictures of a run by file name; those without data are omitted. */
export function plots(results) {
  const drawn = {
    'throughput.svg': throughput(results),
    'latency.svg': latency(results),
    'memory.svg': memory(results),
  }
  return Object.fromEntries(Object.entries(drawn).filter(([, svg]) => svg !== undefined))
}

/**
 * Draws bars for the bulk cases of large writes: a panel for each, a bar for each system except `direct`, which is far
 * faster.
 */
function throughput({ figures, systems, values }) {
  const panels = figures.filter(({ id }) => /^bulk-.*-64k$/.test(id) && values[id] !== undefined)
  if (panels.length === 0) return undefined
  const [columns, rowHeight, labelWidth] = [2, 18, 185]
  const shown = systems.filter(
    ({ id }) => id !== 'direct' && panels.some((panel) => values[panel.id][id] !== undefined),
  )
  const panelHeight = 40 + shown.length * rowHeight
  const panelWidth = width / columns
  const most = Math.max(...panels.flatMap(({ id }) => shown.map((system) => median(values[id][system.id]) ?? 0)))
  const drawPanel = (panel, index) => {
    const [left, top] = [(index % columns) * panelWidth, 40 + Math.floor(index / columns) * panelHeight]
    const bars = shown.map(({ id, title }, row) => {
      const y = top + 24 + row * rowHeight
      const value = median(values[panel.id][id])
      const length = ((value ?? 0) / most) * (panelWidth - labelWidth - 60)
      const label = text(left + labelWidth - 6, y + 11, title, { ...small, 'text-anchor': 'end' })
      const shape =
        value === undefined ? '' : bar(left + labelWidth, y, length, rowHeight - 5, colors[id] ?? 'black', title)
      return label + shape + text(left + labelWidth + length + 5, y + 11, formatNumber(value), small)
    })
    return text(left + labelWidth, top + 14, panel.title, { 'font-weight': 600 }) + bars.join('')
  }
  const height = 50 + Math.ceil(panels.length / columns) * panelHeight
  const title = 'Throughput in MB/s (longer is better)'
  return picture(width, height, title, text(20, 24, title, titleSize) + panels.map(drawPanel).join(''))
}

/** Draws the share of round trips that are finished after each time: idle above, beside 8 downloads below. */
function latency({ distributions, systems }) {
  const panels = [
    { id: 'round-trip', title: '1 byte there and back' },
    { id: 'beside-bulk', title: '… beside 8 downloads' },
  ].filter(({ id }) => distributions[id] !== undefined)
  if (panels.length === 0) return undefined
  const title = 'Latency: share of round trips done within … (further left is better)'
  const draw = ({ id, title }, index) => {
    const lines = systems
      .filter((system) => distributions[id][system.id] !== undefined)
      .map((system) => ({
        ...system,
        points: distributions[id][system.id].map((ms, at) => [ms, keptQuantiles[at]]),
      }))
    return chart({
      top: 40 + index * 280,
      title,
      lines,
      xUnit: 'ms',
      yLabel: (share) => `${share * 100} %`,
      yTicks: [0, 0.25, 0.5, 0.75, 1],
    })
  }
  return picture(width, 50 + panels.length * 280, title, text(20, 24, title, titleSize) + panels.map(draw).join(''))
}

/** Draws the resident memory of all processes against the number of idle channels. */
function memory({ systems, values }) {
  const counts = Object.keys(values)
    .flatMap((id) => /^channels-(\d+)-memory$/.exec(id)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b)
  if (counts.length === 0) return undefined
  const pointsOf = (id) => counts.map((count) => [count, median(values[`channels-${count}-memory`][id])])
  const lines = systems
    .map((system) => ({ ...system, points: pointsOf(system.id).filter(([, mebibytes]) => mebibytes !== undefined) }))
    .filter(({ points }) => points.length > 0)
  const most = Math.max(...lines.flatMap(({ points }) => points.map(([, mebibytes]) => mebibytes)))
  const title = 'Memory of all proxy processes against idle channels (lower is better)'
  const yTicks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * roundUp(most))
  const drawn = chart({
    top: 40,
    title: '',
    lines,
    xUnit: 'channels',
    yLabel: (mebibytes) => `${formatNumber(mebibytes)} MiB`,
    yTicks,
  })
  return picture(width, 330, title, text(20, 24, title, titleSize) + drawn)
}

/** Returns the next larger number with one significant digit. */
function roundUp(value) {
  const digit = 10 ** Math.floor(Math.log10(value))
  return Math.ceil(value / digit) * digit
}
