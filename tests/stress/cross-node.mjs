// Measures bulk and connecting between two nodes of a cluster, compared with a single node, in turns: one provider at
// node A, a connector at node A and one at node B. `--turns N` (default 7). Run with
// `pnpm build && node tests/stress/cross-node.mjs`. Nodes, NATS and both ends share the cores of this machine.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { LinkSocksClient } from '@ls/client'
import { startNats, startNodes } from './chaos/programs.mjs'

const { values } = parseArgs({ options: { turns: { type: 'string', default: '7' } } })
const turns = Number(values.turns)
if (!(turns > 0)) throw new RangeError(`--turns is ${values.turns}; it must be more than 0`)
const bulkBytes = 200_000_000
/** Connections in one turn. */
const connects = 100

const nats = await startNats(1)
const nodes = await startNodes(2, nats.ports, { replicas: 1, hasWays: false })
const target = await startTarget()
const [a, b] = nodes
const { token } = await a.call('POST', '/api/token', { type: 'reverse', allow_manage_connector: true })
const { token: connectorToken } = await a.call('POST', '/api/token', { type: 'connector', reverse_token: token })
await sleep(1000)
const provider = await startClient({ url: a.url, token, role: 'provider' })
const ends = {
  'same node': await startClient({ url: a.url, token: connectorToken, role: 'connector', proxy: 'none' }),
  'other node': await startClient({ url: b.url, token: connectorToken, role: 'connector', proxy: 'none' }),
}
const found = Object.fromEntries(Object.keys(ends).map((name) => [name, { bulk: [], connectMs: [] }]))
for (let turn = -1; turn < turns; turn++) {
  for (const [name, client] of Object.entries(ends)) {
    const connectMs = []
    for (let count = 0; count < connects; count++) connectMs.push(await timeOfConnect(client))
    const bulk = await rateOfBulk(client)
    // The first turn warms up.
    if (turn < 0) continue
    found[name].bulk.push(bulk)
    found[name].connectMs.push(...connectMs)
  }
}
for (const [name, { bulk, connectMs }] of Object.entries(found)) {
  const all = bulk.map((rate) => rate.toFixed(0)).join(', ')
  console.info(`${name}: bulk ${median(bulk).toFixed(0)} MB/s (${all}), connecting ${median(connectMs).toFixed(2)} ms`)
}
const [same, other] = Object.values(found)
const added = median(other.connectMs) - median(same.connectMs)
console.info(`bulk of the other node: ${(median(other.bulk) / median(same.bulk)).toFixed(2)} of the same node`)
console.info(
  `connecting at the other node: ${added.toFixed(2)} ms longer; a round trip of TCP ${(await roundTrip()).toFixed(2)} ms`,
)
await Promise.all([provider, ...Object.values(ends)].map((client) => client.close()))
await Promise.all([...nodes.map(({ service }) => service), ...nats.servers].map((service) => service.kill()))
for (const { toNats, toNode } of nodes) for (const way of [...toNats, toNode]) way.close()
nats.remove()
target.server.close()

async function startClient(options) {
  const client = new LinkSocksClient(options)
  await client.start()
  return client
}

/** A target that sends what the first line requests. */
async function startTarget() {
  const chunk = Buffer.alloc(1 << 20, 1)
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (text) => {
      let left = Number(text)
      const send = () => {
        while (left > 0) {
          const part = chunk.subarray(0, Math.min(left, chunk.length))
          left -= part.length
          if (!socket.write(part)) return socket.once('drain', send)
        }
        socket.end()
      }
      send()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, host: '127.0.0.1', port: server.address().port }
}

/** Returns the milliseconds until the first byte of an answer. */
async function timeOfConnect(client) {
  const startMs = performance.now()
  const stream = await client.connect({ host: target.host, port: target.port })
  stream.write('1')
  await once(stream, 'data')
  const ms = performance.now() - startMs
  stream.destroy()
  return ms
}

/** Returns the rate of a download, in MB/s. */
async function rateOfBulk(client) {
  const stream = await client.connect({ host: target.host, port: target.port })
  const startMs = performance.now()
  stream.write(String(bulkBytes))
  let bytes = 0
  for await (const chunk of stream) bytes += chunk.length
  if (bytes !== bulkBytes) throw new Error(`${bytes} of ${bulkBytes} bytes`)
  return bytes / 1000 / (performance.now() - startMs)
}

/** Returns the milliseconds of a round trip over plain TCP, without connecting. */
async function roundTrip() {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect(server.address().port, '127.0.0.1')
  socket.setNoDelay(true)
  await once(socket, 'connect')
  const all = []
  for (let count = 0; count < 300; count++) {
    const startMs = performance.now()
    socket.write('x')
    await once(socket, 'data')
    all.push(performance.now() - startMs)
  }
  socket.destroy()
  server.close()
  return median(all)
}

function median(list) {
  return list.toSorted((one, other) => one - other)[Math.floor(list.length / 2)]
}
