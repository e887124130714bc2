import { describe, expect, test } from 'vitest'
import { topData } from '../../../testing/top-data.js'
import { widthOf } from './cells.js'
import { plainLines, screenLines } from './top-screen.js'
import { firstState } from './top-state.js'

const history = { toTarget: [], fromTarget: [0, 1024, 2048] }

const screen = (columns: number, rows: number, more: object = {}) =>
  screenLines({ columns, rows, state: firstState, data: topData, history, notice: '', ...more })

describe('screenLines', () => {
  test('fits into 80 columns and 24 rows', () => {
    expect(screen(80, 24).map(({ text }) => text.trimEnd())).toMatchInlineSnapshot(`
      [
        "server 1.2.3: ready",
        "links: 1 up, 0 waiting   connections: 12   rtt 21.4 ms   memory 1.0 KiB of 192.…",
        "from targets 2.0 KiB/s                                                        ▅█",
        "to targets   0 B/s",
        "",
        "LINK                       FROM/S       TO/S      RTT TOKEN         OPEN STATE",
        "203.0.113.7               2.0 KiB             21.4 ms ada              2 up",
        "",
        "TARGET                            FROM/S       TO/S      BYTES TOKEN         AGE",
        "example.org:443                  2.0 KiB               5.0 KiB ada            1m",
        "\\u001b[2J:80                     2.0 KiB               5.0 KiB ada            1m",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "q quit  s sort: rate  / filter  Tab other list  ↑↓ select  x cut",
      ]
    `)
  })

  test.each([
    [80, 24],
    [200, 50],
    [20, 5],
    [1, 1],
  ])('fills %i columns and %i rows exactly', (columns, rows) => {
    const lines = screen(columns, rows)
    expect({ lines: lines.length, widths: [...new Set(lines.map(({ text }) => widthOf(text)))] }).toEqual({
      lines: rows,
      widths: [columns],
    })
  })

  test('marks the selected row', () => {
    const marked = screen(80, 24, { state: { ...firstState, selected: 9 } }).filter(({ style }) => style === 'inverse')
    expect(marked.map(({ text }) => text.slice(0, 10))).toEqual(['\\u001b[2J:'])
  })

  test('leaves no line empty while the chosen list is short and the other one is long', () => {
    const rows = Array.from({ length: 30 }, () => topData.connections.rows[0])
    const data = { ...topData, connections: { ...topData.connections, rows } }
    const lines = screen(80, 24, { state: { ...firstState, list: 'links' }, data }).map(({ text }) => text.trim())
    expect(lines.filter((text) => text.startsWith('example.org:443'))).toHaveLength(14)
  })

  test('asks before it cuts', () => {
    const [victim] = topData.connections.rows
    expect(screen(80, 24, { state: { ...firstState, mode: 'confirm', victim } }).at(-1)?.text).toContain(
      'cut example.org:443? y cuts it',
    )
  })
})

test('plainLines has both tables and names what is omitted, without a control byte', () => {
  const lines = plainLines(topData, 120)
  expect(lines.at(-1)).toBe('and 10 more')
  expect(lines.join('')).not.toMatch(/\p{Cc}/u)
})
