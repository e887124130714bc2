import { silentLogger } from '@ls/foundation'
import { turns } from '@ls/testkit'
import { expect, test } from 'vitest'
import { OwnEntries } from './own-entries.js'

/** Entries of a node, and what is written to its store, which may refuse. */
function make() {
  const written: string[] = []
  const state = { isRefusing: false }
  const change = async (line: string): Promise<void> => {
    if (state.isRefusing) throw new Error('no leader')
    written.push(line)
  }
  const store = {
    put: (_table: string, key: string, value: string) => change(`${key} ${value}`),
    delete: (_table: string, key: string) => change(`${key} gone`),
  }
  const entries = new OwnEntries({ store, ownId: 'a', logger: silentLogger, prefix: 'x' })
  return { entries, written, state }
}

test('OwnEntries writes an entry once for each change', async () => {
  const { entries, written } = make()
  for (const value of ['1', '1', '2']) entries.write('t', value)
  expect(written).toEqual(['x.a.t 1', 'x.a.t 2'])
})

test('OwnEntries writes everything again, and keeps the tokens, when the store may have lost it', async () => {
  const { entries, written } = make()
  entries.write('t', '1')
  entries.writeAgain()
  const tokens = [...entries.tokens]
  entries.write('t', '1')
  expect({ tokens, written }).toEqual({ tokens: ['t'], written: ['x.a.t 1', 'x.a.t 1'] })
})

test('OwnEntries forgets a token after its last entry', () => {
  const { entries } = make()
  entries.write('t', '1')
  entries.writeLast('t', '0')
  expect([...entries.tokens]).toEqual([])
})

test.each([
  ['an entry', (entries: OwnEntries) => entries.write('t', '2')],
  ['the last entry', (entries: OwnEntries) => entries.writeLast('t', '2')],
  ['a removal', (entries: OwnEntries) => entries.remove('t')],
])('OwnEntries keeps a token where the store refuses %s, so that it is written again', async (_what, change) => {
  const { entries, written, state } = make()
  entries.write('t', '1')
  state.isRefusing = true
  change(entries)
  await turns(1)
  state.isRefusing = false
  const tokens = [...entries.tokens]
  entries.write('t', '2')
  expect({ tokens, written }).toEqual({ tokens: ['t'], written: ['x.a.t 1', 'x.a.t 2'] })
})
