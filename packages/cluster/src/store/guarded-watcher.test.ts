import { silentLogger } from '@ls/foundation'
import { expect, test } from 'vitest'
import { guardedWatcher } from './guarded-watcher.js'

test('guardedWatcher logs an entry that cannot be used, and goes on with the next', () => {
  const calls: unknown[] = []
  const watcher = {
    entry: (...call: readonly unknown[]) => {
      if (call[1] === 'broken') throw new TypeError('no list')
      calls.push(call)
    },
    synced: () => void calls.push('synced'),
    lost: () => void calls.push('lost'),
  }
  const logger = { ...silentLogger, error: (...line: readonly unknown[]) => void calls.push(line) }
  const guarded = guardedWatcher(watcher, logger)
  const entry = { value: '1', revision: 1 }
  for (const key of ['broken', 'next']) guarded.entry('live', key, entry)
  guarded.synced()
  guarded.lost()
  expect(calls).toEqual([
    [{ table: 'live', key: 'broken', reason: 'no list' }, 'an entry of the store of the cluster cannot be used'],
    ['live', 'next', entry],
    'synced',
    'lost',
  ])
})
