import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { changedLines, diffLines } from './diff.js'

test('diffLines has each text in it, whatever the two are', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', '  c'), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before.join('\n'), after.join('\n'))
      const without = (kind: string): string[] => diff.filter((line) => line.kind !== kind).map(({ text }) => text)
      expect({ added: without('added'), removed: without('removed') }).toEqual({ added: before, removed: after })
    }),
  )
})

test('changedLines keeps what a change belongs to', () => {
  const before = 'servers:\n  main:\n    host: a\n    port: 1\nclients:'
  const kept = changedLines(diffLines(before, before.replace('port: 1', 'port: 2')))
  expect(kept.map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    'same servers:',
    'same   main:',
    'removed     port: 1',
    'added     port: 2',
  ])
})
