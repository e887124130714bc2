import { expect, test } from 'vitest'
import { allCases, keptQuantiles } from '../cases.mjs'
import { memoryFigures, startFigures } from '../session.mjs'
import { allSystems } from '../systems/index.mjs'
import { reportMarkdown, replaceReport } from './page.mjs'
import { plots } from './plots.mjs'
import { figureTable, formatNumber } from './table.mjs'
import { judge } from './verdicts.mjs'

const figure = { id: 'bulk-down-1-64k', group: 'bulk', title: 'down', unit: 'MB/s', better: 'higher' }
const systems = [
  { id: 'relays', title: 'relays', kind: 'limit', version: '20' },
  { id: 'linksocks', title: 'linksocks', kind: 'ours', version: '1.0.0' },
  { id: 'go', title: 'Go <&>', kind: 'peer', version: undefined },
]

function results(changes = {}) {
  const machine = { cores: 2, cpu: 'CPU', memoryGibibytes: 4, system: 'Linux 6', node: '20.19.0' }
  return {
    date: '2026-01-01',
    commit: 'abc',
    command: 'pnpm bench',
    rounds: 3,
    machine,
    systems,
    missing: [{ id: 'gost', title: 'gost', reason: 'not here' }],
    figures: [figure],
    values: { [figure.id]: { relays: [100, 110, 90], linksocks: [90, 99, 90], go: [50, 60, 70] } },
    distributions: {},
    failures: [],
    ...changes,
  }
}

test('figureTable has medians with their spread, and a dash where nothing was measured', () => {
  const other = { ...figure, id: 'other', title: 'other' }
  const { values } = results()
  const table = figureTable(results({ figures: [figure, other], values: { ...values, other: { go: [1] } } }))
  expect(table.split('\n').slice(3)).toEqual([
    '| down (MB/s) | 100 ±10 % | 90.0 ±5 % | 60.0 ±17 % |',
    '| other (MB/s) | – | – | 1.00 |',
  ])
})

test.each([
  [0, '0'],
  [0.01234, '0.012'],
  [1.234, '1.23'],
  [12_345, '12,345'],
  [Infinity, '∞'],
  [undefined, '–'],
])('formatNumber makes %s to %s', (value, text) => {
  expect(formatNumber(value)).toBe(text)
})

test('judge compares with the limit and with peers, round by round', () => {
  expect(judge(results()).map(({ figure, target, met }) => [figure, target, met])).toEqual([
    ['0.900 × relays', '≥ 0.9 × relays', true],
    ['1.65 × Go <&>', '≥ 1.5 × Go <&>', true],
    ['not measured', '≥ 1 × chisel, gost, v2ray, v2ray-mux', undefined],
  ])
})

test('judge takes the worst of several peers', () => {
  const id = 'connect-p50'
  const peers = [systems[1], systems[2], { id: 'chisel', title: 'chisel', kind: 'peer' }]
  const values = { [id]: { linksocks: [2], go: [4], chisel: [1] } }
  expect(judge(results({ figures: [{ ...figure, id }], systems: peers, values }))[0]).toEqual({
    row: 'down',
    figure: '2.00 × chisel',
    target: '≤ 1 × every peer',
    met: false,
  })
})

test('judge knows every figure that a complete run gives and a target names', () => {
  const figures = [...allCases('full').flatMap((each) => each.figures), ...memoryFigures, ...startFigures]
  expect(judge(results({ figures, systems: allSystems() }))).toHaveLength(35)
})

test('reportMarkdown names what is missing and what failed, once', () => {
  const failure = { system: 'go', case: 'close', error: 'it hung\nhere' }
  const report = reportMarkdown(results({ failures: [failure, failure] }), [])
  expect(report.split('\n').slice(-5)).toEqual([
    'Not measured: gost (not here).',
    '',
    'Failed:',
    '',
    '- Go <&>, close: it hung',
  ])
})

test('replaceReport keeps what stands around its markers', () => {
  const page = 'before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n'
  const expected = 'before\n<!-- bench:begin -->\n\nnew\n\n<!-- bench:end -->\nafter\n'
  expect(replaceReport(page, 'new')).toBe(expected)
})

test('replaceReport refuses a page without markers', () => {
  expect(() => replaceReport('a page', 'new')).toThrow('lacks the markers')
})

test('plots draws only what was measured', () => {
  expect(Object.keys(plots(results()))).toEqual(['throughput.svg'])
})

test('plots escapes names', () => {
  expect(plots(results())['throughput.svg']).toContain('Go &lt;&amp;&gt;')
})

test('plots draws latency and memory without a coordinate that is no number', () => {
  const quantiles = keptQuantiles.map((share) => 0.1 + share)
  const drawn = plots(
    results({
      distributions: {
        'round-trip': { linksocks: quantiles },
        'beside-bulk': { linksocks: keptQuantiles.map(() => 1) },
      },
      values: { 'channels-100-memory': { linksocks: [140] }, 'channels-1000-memory': { linksocks: [160], go: [90] } },
    }),
  )
  expect(Object.keys(drawn)).toEqual(['latency.svg', 'memory.svg'])
  expect(Object.values(drawn).join('')).not.toMatch(/NaN|Infinity|undefined/)
})
