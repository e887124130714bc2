import { expect, test } from 'vitest'
import { topData } from '../../../testing/top-data.js'
import { linkColumns, tableLines } from './tables.js'

const name = 'a token with a name of forty-two letters..'
const rows = topData.links.rows.map((row) => ({ ...row, token_name: name }))

test.each([
  [80, false],
  [200, true],
])('tableLines in a terminal of %i columns shows a long name whole: %s', (columns, isWhole) => {
  expect(tableLines(linkColumns, rows, columns)[1]?.includes(name)).toBe(isWhole)
})
