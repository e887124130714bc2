import { silentLogger } from '@ls/foundation'
import { tokenKey } from '@ls/server'
import { turns } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { ClusterStore } from '../store/cluster-store.js'
import { MemoryHub } from '../store/memory-hub.js'
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
  const tokens = new SharedTokens({ store: store as ClusterStore, logger: silentLogger, localNode: () => undefined })
  tokens.entry('a', { value: '{}', revision: 1 })
  tokens.removed(['a'])
  await Promise.resolve()
  isRefusing = false
  tokens.retryFailed()
  await Promise.resolve()
  expect(removed).toEqual(['a'])
})

/** A node with a token, whose store has lost its data and is back. The store refuses the first writes after that. */
async function afterLoss({ refusals = 0 } = {}) {
  const hub = new MemoryHub()
  const store = hub.store()
  let left = 0
  const replace: ClusterStore['replace'] = (...entry) =>
    left-- > 0 ? Promise.reject(new Error('no leader')) : store.replace(...entry)
  const tokens = new SharedTokens({ store: { ...store, replace }, logger: silentLogger, localNode: () => undefined })
  await store.open({
    entry: (table, key, entry) => table === 'tokens' && tokens.entry(key, entry),
    synced: () => tokens.synced(),
    lost: () => tokens.lost(),
  })
  // The revision of the token is not the first one.
  await store.put('live', 'other', '1')
  await tokens.share({ kind: 'forward', token: 't' })
  await turns(3)
  hub.setUp(false)
  hub.forget()
  left = refusals
  hub.setUp(true)
  await turns(3)
  // An entry that exists cannot be created.
  const isInStore = async (): Promise<boolean> => (await store.replace('tokens', tokenKey('t'), '{}', 0)) === undefined
  return { tokens, isInStore }
}

test('SharedTokens writes its tokens to a store that has lost its data', async () => {
  const { isInStore } = await afterLoss()
  expect(await isInStore()).toBe(true)
})

test('SharedTokens writes its tokens again when a store that has lost its data refuses them', async () => {
  const { tokens, isInStore } = await afterLoss({ refusals: 1 })
  tokens.retryFailed()
  await turns(3)
  expect(await isInStore()).toBe(true)
})

test('SharedTokens changes a token in a store that has lost its data, and counts revisions anew', async () => {
  const { tokens } = await afterLoss()
  await expect(tokens.share({ kind: 'forward', token: 't', policy: { maxLinks: 1 } })).resolves.toBeUndefined()
})
