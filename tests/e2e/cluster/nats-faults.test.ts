import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type ClusterStore, NatsStore, type StoreWatcher } from '@ls/cluster'
import { until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../../stress/cleanup.js'
import { askNats } from './ask-nats.js'
import { has, shareForward, startNode, startNodes } from './cluster-net.js'
import { natsProgram, startNats } from './nats.js'

/** Opens a store, and records what it tells about itself. */
async function watch(store: ClusterStore, entry: StoreWatcher['entry'] = () => {}): Promise<string[]> {
  const told: string[] = []
  await closing(store).open({
    entry,
    synced: () => void told.push('synced'),
    lost: () => void told.push('lost'),
  })
  return told
}

/** Writes an entry again and again, as nodes do; refusals are ignored. */
function beat(store: ClusterStore): void {
  const beats = setInterval(() => void store.put('live', 'beat', '1').catch(() => {}), 100)
  afterTest(() => clearInterval(beats))
}

async function removeBuckets(url: string): Promise<void> {
  for (const table of ['live', 'tokens']) await askNats(url, `$JS.API.STREAM.DELETE.KV_linksocks_${table}`)
}

/** A port that leads to a NATS server, and counts connections. */
async function countingWay(url: string) {
  const { hostname: host, port } = new URL(url)
  const state = { connections: 0, url: '' }
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    state.connections++
    const behind = connect({ host, port: Number(port) })
    for (const each of [socket, behind]) sockets.add(each.on('error', () => {}))
    socket.pipe(behind).on('close', () => socket.destroy())
    behind.pipe(socket).on('close', () => behind.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  state.url = `nats://127.0.0.1:${(server.address() as AddressInfo).port}`
  return state
}

/** A server that accepts connections of NATS clients, and speaks only when the test says so. */
async function slowNats() {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {}).on('data', (data: Buffer) => void (data.includes('PING') && socket.write('PONG\r\n')))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { sockets, url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('NatsStore that is closed while NATS is slow keeps no connection', async () => {
  const nats = await slowNats()
  const store = new NatsStore({ servers: [nats.url] })
  const opening = store.open({ entry: () => {}, synced: () => {}, lost: () => {} }).catch(String)
  await until(() => nats.sockets.length === 1, 'a connection')
  await store.close()
  const [socket] = nats.sockets
  const closed = once(socket!, 'close')
  socket!.write('INFO {"server_id":"slow","version":"2.12.0","proto":1,"headers":true,"max_payload":1048576}\r\n')
  await closed
  expect(await opening).toContain('the store was closed meanwhile')
})

describe.skipIf(natsProgram === undefined)('a store of NATS', { timeout: 30_000 }, () => {
  test('is back after NATS has refused its login for a while', async () => {
    const login: string[] = []
    const nats = await startNats(afterTest, login)
    const way = await countingWay(nats.url)
    const told = await watch(new NatsStore({ servers: [way.url] }))
    await nats.stop()
    login.push('--user', 'another', '--pass', 'secret')
    await nats.start()
    const before = way.connections
    await until(() => way.connections >= before + 3, 'three refusals', { timeoutMs: 15_000 })
    await nats.stop()
    login.length = 0
    await nats.start()
    await until(() => told.at(-1) === 'synced' && told.length > 1, 'the store is back', { timeoutMs: 15_000 })
    expect(told).toEqual(['synced', 'lost', 'synced'])
  })

  test('creates buckets again that were removed, and tells the loss', async () => {
    const nats = await startNats()
    const store = nats.store()
    const told = await watch(store)
    beat(store)
    await removeBuckets(nats.url)
    await until(() => told.length >= 3, 'the store is back', { timeoutMs: 15_000 })
    await expect(store.put('live', 'after', '1')).resolves.toBeUndefined()
    expect(told.slice(0, 3)).toEqual(['synced', 'lost', 'synced'])
  })

  test('tells the loss of data that another node has noticed first', async () => {
    const nats = await startNats()
    const [store, other] = [nats.store(), nats.store()]
    let last = ''
    const told = await watch(store, (_table, _key, entry) => void (last = entry?.value ?? ''))
    for (const value of ['1', '2', '3']) await store.put('live', 'a', value)
    await until(() => last === '3', 'the first entries')
    await removeBuckets(nats.url)
    await watch(other)
    await store.put('live', 'a', 'after')
    await until(() => told.length >= 3, 'the store is back', { timeoutMs: 15_000 })
    expect(told.slice(0, 3)).toEqual(['synced', 'lost', 'synced'])
  })

  test('refuses a value that NATS does not take, and goes on', async () => {
    const nats = await startNats()
    const store = nats.store()
    await watch(store)
    await expect(store.put('live', 'a', 'x'.repeat(2_000_000))).rejects.toThrow('max_payload size exceeded')
    await expect(store.put('live', 'a', 'x')).resolves.toBeUndefined()
  })

  test('gets the tokens of its nodes again after an operator has removed the bucket of tokens alone', async () => {
    const nats = await startNats()
    const nodes = await startNodes([nats.store(), nats.store()])
    await shareForward(nodes)
    await askNats(nats.url, '$JS.API.STREAM.DELETE.KV_linksocks_tokens')
    const third = await startNode(nats.store(), 2)
    await until(() => has(third, 'shared'), 'the token at a new node', { timeoutMs: 20_000 })
    expect(has(third, 'shared')).toBe(true)
  })

  test('gets the tokens of its nodes again after an operator has removed its buckets', async () => {
    const nats = await startNats()
    const nodes = await startNodes([nats.store(), nats.store()])
    await shareForward(nodes)
    await removeBuckets(nats.url)
    const third = await startNode(nats.store(), 2)
    await until(() => has(third, 'shared'), 'the token at a new node', { timeoutMs: 15_000 })
    expect(third.node.status.sharedTokens).toBe(1)
  })
})
