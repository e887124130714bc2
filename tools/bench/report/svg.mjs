// The few SVG shapes that the reports need, with escaped attributes and on a white ground, so that they are readable on
// dark pages as well.

const fontFamily = 'system-ui, -apple-system, Segoe UI, sans-serif'
const inkColor = '#24292f'
const faintColor = '#d0d7de'

/** Returns a whole picture. */
export function picture(width, height, title, content) {
  const size = { xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' }
  const ground = element('rect', { width, height, fill: 'white' })
  const style = { 'font-family': fontFamily, 'font-size': 12, fill: inkColor }
  return `${element('svg', size, element('title', {}, escape(title)) + ground + element('g', style, content))}\n`
}

export function text(x, y, content, attributes = {}) {
  return element('text', { x, y, ...attributes }, escape(content))
}

export function bar(x, y, width, height, color, hint) {
  return element('rect', { x, y, width: Math.max(width, 1), height, fill: color }, element('title', {}, escape(hint)))
}

export function line(x1, y1, x2, y2, color = faintColor) {
  return element('line', { x1, y1, x2, y2, stroke: color })
}

export function curve(points, color) {
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')
  return element('polyline', {
    points: path,
    fill: 'none',
    stroke: color,
    'stroke-width': 2,
    'stroke-linejoin': 'round',
  })
}

function element(name, attributes, content) {
  const list = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escape(typeof value === 'number' ? round(value) : value)}"`,
  )
  return content === undefined ? `<${name}${list.join('')}/>\n` : `<${name}${list.join('')}>${content}</${name}>\n`
}

function round(value) {
  return Math.round(value * 10) / 10
}

function escape(value) {
  return String(value).replace(/[&<>"]/g, (character) => entities[character])
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
