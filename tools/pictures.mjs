#!/usr/bin/env node
// Draws the pictures of the documentation: `node tools/pictures.mjs` writes docs/pictures. There is a picture for each
// theme, since a code host chooses between two files, and for each language.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repositoryRoot } from './workspace.mjs'

const themes = {
  light: { ink: '#1f2937', dim: '#5b6472', paper: '#f8fafc', edge: '#94a3b8', link: '#1d4ed8', wall: '#b45309' },
  dark: { ink: '#e5e7eb', dim: '#9aa4b2', paper: '#1e2530', edge: '#64748b', link: '#8ab4ff', wall: '#f0b357' },
}

const chinese = {
  'your app': '你的程序',
  target: '目标',
  client: '客户端',
  server: '服务器',
  provider: 'provider',
  connector: 'connector',
  laptop: '笔记本',
  'at home': '家中',
  'public address': '有公网地址',
  firewall: '防火墙',
  'one WebSocket': '一条 WebSocket',
  proxy: '代理',
}

// A box is [title, note], an arrow [kind, label]: `plain` for bytes as they are, `link` for a WebSocket, `none` for a
// machine that has not been started yet. `from` says which end opens a link.
const app = ['your app', '']
const target = ['target', '']
const plain = ['plain', '']
const link = ['link', 'one WebSocket']
const back = ['link-back', 'one WebSocket']

const forward = [
  app,
  ['plain', 'proxy'],
  ['client', 'linksocks client'],
  link,
  ['server', 'linksocks server'],
  plain,
  target,
]

const pictures = {
  overview: forward,
  forward,
  reverse: [
    app,
    ['plain', 'proxy'],
    ['server', 'linksocks server -r'],
    back,
    ['provider', 'linksocks provider'],
    plain,
    target,
  ],
  agent: [
    ['laptop', 'linksocks connector'],
    link,
    ['server', 'linksocks server -r'],
    back,
    ['at home', 'linksocks provider'],
    plain,
    target,
  ],
  'step-1': steps('none', 'none'),
  'step-2': steps('none', 'link-back'),
  'step-3': steps('link', 'link-back'),
}

/** Three machines; a machine whose link is not open yet does not run. */
function steps(left, right) {
  const machine = (title, command, arrow) => [title, command, arrow === 'none' ? 'off' : 'on']
  return [
    machine('laptop', 'linksocks connector', left),
    [left, 'one WebSocket'],
    machine('public address', 'linksocks server -r'),
    [right, 'one WebSocket'],
    machine('at home', 'linksocks provider', right),
  ]
}

/** Returns every picture by its path below docs/pictures. */
export function drawPictures() {
  const files = Object.entries(pictures).flatMap(([name, row]) =>
    Object.entries(themes).flatMap(([theme, colors]) => [
      [`${name}-${theme}.svg`, draw(row, colors, (text) => text)],
      [`zh/${name}-${theme}.svg`, draw(row, colors, (text) => chinese[text] ?? text)],
    ]),
  )
  return new Map(files)
}

const boxHeight = 64
const arrowWidths = { plain: 72, link: 150, 'link-back': 150, none: 150 }

function draw(row, colors, word) {
  const parts = []
  let x = 2
  for (const [index, [first, second, state]] of row.entries()) {
    const isBox = index % 2 === 0
    const width = isBox ? boxWidth(word(first), second) : arrowWidths[first]
    parts.push(
      isBox
        ? box(x, width, word(first), state === 'off' ? '' : second, colors)
        : arrow(x, width, first, word(second), colors, word('firewall')),
    )
    x += width
  }
  const names = row.filter((_, index) => index % 2 === 0).map(([title]) => word(title))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${x + 2} 104" width="${x + 2}" height="104" role="img" font-family="system-ui, sans-serif">
<title>${names.join(' – ')}</title>
${parts.join('\n')}
</svg>
`
}

/** Width for the longer of two lines: 15 px, about 8 px a letter and 16 px a Chinese one; 12 px monospaced, 7.3 px. */
function boxWidth(title, note) {
  const titleWidth = [...title].reduce((sum, letter) => sum + (letter > '\u2fff' ? 16 : 8.2), 0)
  return Math.round(Math.max(titleWidth, note.length * 7.3) + 28)
}

function box(x, width, title, note, { ink, dim, paper, edge }) {
  const middle = x + width / 2
  const noteLine =
    note === ''
      ? ''
      : `<text x="${middle}" y="66" text-anchor="middle" font-size="12" font-family="ui-monospace, Menlo, Consolas, monospace" fill="${dim}">${note}</text>`
  return `<rect x="${x}" y="20" width="${width}" height="${boxHeight}" rx="10" fill="${paper}" stroke="${edge}" stroke-width="1.5"/>
<text x="${middle}" y="${note === '' ? 57 : 47}" text-anchor="middle" font-size="15" font-weight="600" fill="${ink}">${title}</text>${noteLine}`
}

function arrow(x, width, kind, label, { dim, link, wall }, wallName) {
  if (kind === 'none') return ''
  const isLink = kind !== 'plain'
  const color = isLink ? link : dim
  const [from, to] = kind === 'link-back' ? [x + width - 8, x + 8] : [x + 8, x + width - 8]
  const tip = to > from ? -9 : 9
  const labelLine =
    label === ''
      ? ''
      : `<text x="${x + width / 2}" y="42" text-anchor="middle" font-size="12" fill="${color}">${label}</text>`
  return `<path d="M${from} 52H${to}m${tip} -6l${-tip} 6l${tip} 6" fill="none" stroke="${color}" stroke-width="${isLink ? 3 : 1.8}" stroke-linecap="round" stroke-linejoin="round"/>${labelLine}${
    isLink
      ? `<path d="M${x + width / 2} 60v20" stroke="${wall}" stroke-width="3" stroke-dasharray="6 3"/>
<text x="${x + width / 2}" y="96" text-anchor="middle" font-size="12" fill="${wall}">${wallName}</text>`
      : ''
  }`
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of drawPictures()) {
    const file = join(repositoryRoot, 'docs/pictures', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
