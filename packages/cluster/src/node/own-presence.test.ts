import type { FarPeers } from '@ls/server'
import { turns, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { ClusterStore } from '../store/cluster-store.js'
import type { NodeInfo } from './members.js'
import { OwnPresence } from './own-presence.js'

/** A node with a token `t`, and a store that refuses changes while `isRefusing`. */
function make() {
  const state = { isRefusing: false, peers: { providers: ['p'], connectors: [] } as FarPeers }
  const written: string[] = []
  const warned: string[] = []
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
  const localNode = { reverseKeys: ['t', 'unused'], peersOf: (key: string) => (key === 't' ? state.peers : none) }
  const own = new OwnPresence({
    store: store as ClusterStore,
    ownId: 'a',
    rareLog: { warn: (message, reason) => void warned.push(`${message}: ${reason}`) },
    localNode: () => localNode,
    onTold: () => {},
  })
  const attempted = (count: number): Promise<void> => until(() => attempts >= count, `${count} attempts`)
  return { own, state, written, warned, attempted }
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

const info: NodeInfo = {
  version: 1,
  id: 'a',
  address: { host: '10.0.0.1', port: 8766 },
  beat: 1,
  links: 0,
  channels: 0,
  draining: false,
  release: '1.0.0',
}

test.each([
  ['warns while it is connected', true, ['the store of the cluster cannot be written: no leader']],
  ['says nothing while the store is lost', false, []],
])('OwnPresence %s, when its sign of life is refused', async (_what, isConnected, lines) => {
  const { own, state, warned, attempted } = make()
  state.isRefusing = true
  own.tellLife(info, isConnected)
  await attempted(1)
  await turns(2)
  expect(warned).toEqual(lines)
})

test('OwnPresence warns of peers that the store refuses', async () => {
  const { own, state, warned, attempted } = make()
  state.isRefusing = true
  own.changed('t')
  await attempted(1)
  await turns(2)
  expect(warned).toEqual(['other nodes cannot be told of the clients of a token: no leader'])
})
