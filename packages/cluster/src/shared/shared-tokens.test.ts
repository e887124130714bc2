import { silentLogger } from '@ls/foundation'
import { expect, test } from 'vitest'
import type { ClusterStore } from '../store/cluster-store.js'
import { SharedTokens } from './shared-tokens.js'

test('SharedTokens removes a token again whose removal the store has refused', async () => {
  let isRefusing = true
  const removed: string[] = []
  const store: Pick<ClusterStore, 'delete'> = {
    delete: async (_table, key) => {
      if (isRefusing) throw new Error('no leader')
      removed.push(key)
    },
  }
  const tokens = new SharedTokens({ store: store as ClusterStore, logger: silentLogger, seat: () => undefined })
  tokens.entry('a', { value: '{}', revision: 1 })
  tokens.removed(['a'])
  await Promise.resolve()
  isRefusing = false
  tokens.removeFailed()
  await Promise.resolve()
  expect(removed).toEqual(['a'])
})
