import { expect, test } from 'vitest'
import { type LogEntry, maxEntries, withEntry } from './log.js'

test('withEntry keeps as many as fit, as in a page that stays hidden', () => {
  let entries: readonly LogEntry[] = []
  for (let number = 0; number < maxEntries + 5; number++) {
    entries = withEntry(entries, { number, name: 'link.up', atMs: 0, data: {} })
  }
  expect({ entries: entries.length, oldest: entries[0]?.number }).toEqual({ entries: maxEntries, oldest: 5 })
})
