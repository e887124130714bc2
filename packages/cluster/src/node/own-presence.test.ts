import { silentLogger } from '@ls/foundation'
import type { FarPeers } from '@ls/server'
import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { ClusterStore } from '../store/cluster-store.js'
import { OwnPresence } from './own-presence.js'

/** A node with a token `t`, and a store that refuses changes while `isRefusing`. */
function make() {
  const state = { isRefusing: false, peers: { providers: ['p'], connectors: [] } as FarPeers }
  const written: string[] = []
  let attempts = 0
  const change = async (line: string): Promise<void> => {
    attempts++
    if (state.isRefusing) throw new Error('no leader')
    written.push(line)
  }
  const store: Pick<ClusterStore, 'put' | 'delete'> = {
    put: (_table, key) => change(`put ${key}`),
    delete: (_table, key) => change(`delete ${key}`),
  }
  const seat = { reverseKeys: ['t', 'unused'], peersOf: (key: string) => (key === 't' ? state.peers : none) }
  const own = new OwnPresence({
    store: store as ClusterStore,
    ownId: 'a',
    logger: silentLogger,
    seat: () => seat,
    onTold: () => {},
  })
  const attempted = (count: number): Promise<void> => until(() => attempts >= count, `${count} attempts`)
  return { own, state, written, attempted }
}

const none: FarPeers = { providers: [], connectors: [] }

test('OwnPresence writes only tokens with peers', async () => {
  const { own, written, attempted } = make()
  own.publishAll()
  await attempted(1)
  expect(written).toEqual(['put peers.a.t'])
})

test('OwnPresence writes again what the store has refused', async () => {
  const { own, state, written, attempted } = make()
  state.isRefusing = true
  own.changed('t')
  await attempted(1)
  state.isRefusing = false
  own.publishFailed()
  await attempted(2)
  expect(written).toEqual(['put peers.a.t'])
})

test.each(['publishFailed', 'publishAll'] as const)(
  'OwnPresence.%s deletes again what the store has refused to delete',
  async (again) => {
    const { own, state, written, attempted } = make()
    own.changed('t')
    await attempted(1)
    Object.assign(state, { isRefusing: true, peers: none })
    own.changed('t')
    await attempted(2)
    state.isRefusing = false
    own[again]()
    await attempted(3)
    expect(written).toEqual(['put peers.a.t', 'delete peers.a.t'])
  },
)
