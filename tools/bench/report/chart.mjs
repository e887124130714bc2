import { bar, curve, line, text } from './svg.mjs'

export const width = 900
export const small = { 'font-size': 11 }

/** One colour for each system in every picture; ours is conspicuous, the limits are grey. */
export const colors = {
  direct: '#8c959f',
  relays: '#57606a',
  'relays-tls': '#afb8c1',
  linksocks: '#0969da',
  'linksocks-wss': '#54aeff',
  'linksocks-agent': '#218bff',
  'linksocks-reverse': '#54aeff',
  'other-build': '#8250df',
  go: '#bc4c00',
  'go-agent': '#fb8f44',
  pywssocks: '#d4a72c',
  chisel: '#1a7f37',
  gost: '#4ac26b',
  v2ray: '#cf222e',
  'v2ray-mux': '#ff8182',
  wstunnel: '#bf3989',
}

/**
 * Draws curves with a legend on the right: by default with a logarithmic x axis, whose ticks are powers of ten, and a
 * linear y axis.
 */
export function chart({ top, title, lines, xUnit, xTicks, yLabel, yTicks, logarithmic = { x: true, y: false } }) {
  const [left, right, bottom] = [80, width - 230, top + 220]
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x))
  const shownX = xTicks ?? decades(Math.min(...xs), Math.max(...xs))
  const ends = xTicks === undefined ? [Math.min(...xs), Math.max(...xs)] : [xTicks[0], xTicks.at(-1)]
  const toX = scale(ends, [left, right], logarithmic.x)
  const toY = scale([logarithmic.y ? yTicks[0] : 0, yTicks.at(-1)], [bottom, top + 24], logarithmic.y)
  const horizontal = yTicks.map(
    (y) =>
      line(left, toY(y), right, toY(y)) + text(left - 8, toY(y) + 4, yLabel(y), { ...small, 'text-anchor': 'end' }),
  )
  const vertical = shownX.map(
    (x) =>
      line(toX(x), top + 24, toX(x), bottom) +
      text(toX(x), bottom + 16, `${x.toLocaleString('en-US')} ${xUnit}`, { ...small, 'text-anchor': 'middle' }),
  )
  const drawn = lines.map(({ id, points }) =>
    curve(
      points.map(([x, y]) => [toX(x), toY(y)]),
      colors[id] ?? 'black',
    ),
  )
  const legend = lines.map(
    ({ id, title }, row) =>
      bar(right + 16, top + 30 + row * 17, 12, 10, colors[id] ?? 'black', title) +
      text(right + 34, top + 39 + row * 17, title, small),
  )
  return (
    text(left, top + 12, title, { 'font-weight': 600 }) + [...horizontal, ...vertical, ...drawn, ...legend].join('')
  )
}

/** Returns the position of a value on a line from `start` to `stop`. */
function scale([low, high], [start, stop], logarithmic) {
  const place = logarithmic ? Math.log10 : Number
  return (value) => start + ((place(value) - place(low)) / (place(high) - place(low) || 1)) * (stop - start)
}

/** Returns the powers of ten from `low` to `high`. */
function decades(low, high) {
  const first = Math.ceil(Math.log10(low) - 1e-9)
  const count = Math.max(0, Math.floor(Math.log10(high) + 1e-9) - first + 1)
  return Array.from({ length: count }, (_, index) => 10 ** (first + index))
}
