import type { ClusterStore } from '@ls/cluster'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../../stress/cleanup.js'
import { shareReverse, startNodes, startProvider, startUser } from './cluster-net.js'
import { engines } from './engines.js'

/** The keys that a store has, each with its table; they change with the store. */
async function keysOf(store: ClusterStore): Promise<ReadonlySet<string>> {
  const keys = new Set<string>()
  await closing(store).open({
    entry: (table, key, entry) =>
      void (entry === undefined ? keys.delete(`${table} ${key}`) : keys.add(`${table} ${key}`)),
    synced: () => {},
    lost: () => {},
  })
  return keys
}

/** The kinds of keys: those of `live` begin with theirs, and those of `tokens` are all of one. */
function kindsOf(keys: ReadonlySet<string>): string[] {
  return [...new Set([...keys].map((key) => (key.startsWith('tokens ') ? 'tokens' : key.split('.')[0]!)))].toSorted()
}

test.each(engines)(
  'nodes over %s write each kind of entry again that was lost',
  { timeout: 40_000 },
  async (_name, start) => {
    const engine = await start()
    const nodes = await startNodes([engine.store(), engine.store()])
    const [a, b] = nodes
    const token = await shareReverse(nodes, { socksPort: 'none' })
    await startProvider(b!, token, [a!])
    const policy = { quota: { month: 3_000_000 }, maxLinks: 5 }
    for (const { server } of nodes) server.addForwardToken('limited', { policy })
    const user = await startUser(a!, 'limited')
    const echo = closing(await echoServer())
    const socket = await connect({ proxy: user.socksAddress!, target: echo })
    afterTest(() => socket.destroy())
    socket.write('counted')
    await onceEvent(socket, 'data')
    const before = await keysOf(engine.store())
    await until(() => kindsOf(before).length === 5, 'an entry of each kind', { timeoutMs: 15_000 })
    const wanted = [...before]
    await engine.stop()
    await until(() => nodes.every(({ node }) => !node.status.isConnected), 'the loss of the store')
    engine.forget()
    await engine.start()
    const after = await keysOf(engine.store())
    await until(() => wanted.every((key) => after.has(key)), 'all entries', { timeoutMs: 15_000 })
    expect(kindsOf(after)).toEqual(['live load', 'live node', 'live peers', 'live used', 'tokens'])
  },
)
