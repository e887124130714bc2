import { LinkSocksServer } from '@ls/server'
import { FakeClock, tcpServer, turns } from '@ls/testkit'
import { afterEach, expect, test } from 'vitest'
import type { ClusterStore, StoreWatcher } from '../store/cluster-store.js'
import { ClusterNode } from './cluster-node.js'
import type { NodeInfo } from './members.js'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

/** A node with a store whose messages the test delivers, and another node `0000000b` that answers nothing. */
async function make() {
  const clock = new FakeClock()
  const written: { key: string; value: string | undefined }[] = []
  let watcher: StoreWatcher | undefined
  const store: ClusterStore = {
    open: async (given) => {
      watcher = given
      setImmediate(() => given.synced())
    },
    put: async (_table, key, value) => void written.push({ key, value }),
    replace: async () => 1,
    delete: async (_table, key) => void written.push({ key, value: undefined }),
    close: async () => {},
  }
  const mute = await tcpServer(() => {})
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
  const node = new ClusterNode({ store, secret: 'a secret of at least 32 characters', clock })
  cleanups.push(
    () => node.close(),
    () => server.close(),
    () => mute.close(),
  )
  await node.join(server)
  let revision = 0
  const deliver = (key: string, value: string | undefined): void =>
    watcher?.entry('live', key, value === undefined ? undefined : { value, revision: ++revision })
  const load = { links: 0, channels: 0, draining: false, release: '1.0.0' }
  const other: NodeInfo = {
    version: 1,
    id: '0000000b',
    address: { host: '127.0.0.1', port: mute.port },
    beat: 1,
    ...load,
  }
  deliver('node.0000000b', JSON.stringify(other))
  const stateOfOther = (): string | undefined => node.status.nodes.find(({ id }) => id === other.id)?.state
  /** Lets time pass, and delivers this node's own messages or loses them. */
  const pass = async (seconds: number, own: 'delivered' | 'lost'): Promise<void> => {
    for (let half = 0; half < 2 * seconds; half++) {
      const from = written.length
      clock.advance(500)
      await turns(5)
      for (const { key, value } of written.slice(from)) if (own === 'delivered') deliver(key, value)
    }
  }
  return { node, server, written, deliver, pass, stateOfOther }
}

test('ClusterNode counts a node as silent that sends nothing and does not answer', async () => {
  const { pass, stateOfOther } = await make()
  await pass(6, 'delivered')
  expect(stateOfOther()).toBe('silent')
})

test('ClusterNode counts no node as silent while the store does not even deliver its own messages', async () => {
  const { pass, stateOfOther } = await make()
  await pass(1, 'delivered')
  await pass(6, 'lost')
  expect(stateOfOther()).toBe('up')
})

test('ClusterNode writes its peers again when a late write has replaced them', async () => {
  const { node, written, deliver, pass } = await make()
  const key = `peers.${node.ownId}.t`
  await pass(1, 'delivered')
  deliver(key, '{"providers":["gone"],"connectors":[]}')
  await pass(1, 'delivered')
  expect(written.filter((each) => each.key === key)).toEqual([{ key, value: undefined }])
})
