// A cluster of 3 nodes and 3 NATS servers with 30 providers and 30 clients for 10 minutes (`--minutes N`), while nodes
// are killed, drained, suspended and cut off, and NATS servers killed, suspended, cut off from each other, and
// restarted without their data. `--faults killNode,drainNode` selects the faults, `--fake-time PATH` is a libfaketime
// by which the clocks of the nodes differ by a day, and `--log-folder PATH` keeps the logs of the nodes.
// `--before PATH` is the command of another version, with which the nodes begin: with `--faults drainNode` it is a
// rolling upgrade. Exits with 1 if a transfer was corrupted, if one was broken although no node was killed, or if a
// connection could not be opened later than 2 s after a kill, while no node was cut off from the others, and this
// program itself did not stand still. Run with `pnpm chaos`.
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startNats, startNodes } from './programs.mjs'
import { findFaults, summarize } from './report.mjs'
import { Standstills } from './standstills.mjs'
import { startClient, startTarget, Transfers } from './traffic.mjs'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    faults: { type: 'string' },
    'log-folder': { type: 'string' },
    before: { type: 'string' },
    'fake-time': { type: 'string' },
  },
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) throw new RangeError(`--minutes is ${values.minutes}; it must be more than 0`)

const tokenCount = 10
const clientCount = 30
/** Quiet time between two faults, in milliseconds: clients have settled, so that each fault is judged by itself. */
const quietMs = 5000
/** Time for which a NATS server is suspended, or a node is cut off, in milliseconds. */
const stoppedMs = 10_000
/** Time for which a node is suspended, in milliseconds. */
const stoppedNodeMs = 30_000

/** Time for servers of NATS to elect a leader, in milliseconds. */
const electionMs = 10_000

const nats = await startNats(3)
const { before, 'log-folder': logFolder, 'fake-time': fakeTime } = values
// Earlier versions end where JetStream has no leader yet.
if (before !== undefined) await sleep(electionMs)
const nodes = await startNodes(3, nats.ports, { logFolder, before, fakeTime })
await untilJoined()
const target = await startTarget()
const clients = await startClients()
const transfers = new Transfers()
const standstills = new Standstills()
const events = []
const untilMs = performance.now() + minutes * 60_000
console.info(`chaos: ${clients.length} clients, ${minutes} min`)
const running = clients.filter(({ isProvider }) => !isProvider).map(({ client }) => transfers.repeat(client, target))
await sleep(quietMs)
while (performance.now() < untilMs) await causeFault(pick(faultsToCause()))
transfers.stop()
await Promise.all(running)

const views = await untilSettled()
const counts = { nodes: nodes.length, links: clients.length, channels: 0 }
standstills.stop()
const { done } = transfers
const faults = findFaults({ done, events, standstills: standstills.all, views, counts })
for (const line of summarize(done, events, standstills.all)) console.info(line)
console.info(faults.length === 0 ? 'chaos: held' : `chaos: NOT held: ${faults.join('; ')}`)
process.exitCode = faults.length === 0 ? 0 : 1
await Promise.all(clients.map(({ client }) => client.close()))
await Promise.all([...nodes.map(({ service }) => service), ...nats.servers].map((service) => service.kill()))
for (const { toNats, toNode } of nodes) for (const way of [...toNats, toNode]) way.close()
nats.remove()
target.close()

/** Starts providers and connectors of the tokens at random nodes, and clients in forward mode. */
async function startClients() {
  const made = []
  const add = async (options) => {
    const client = await startClient(nodes, Math.floor(Math.random() * nodes.length), options)
    made.push({ client, isProvider: options.role === 'provider' })
  }
  const [first] = nodes
  const { token: forward } = await first.call('POST', '/api/token', { type: 'forward' })
  for (let index = 0; index < tokenCount; index++) {
    const { token } = await first.call('POST', '/api/token', { type: 'reverse', allow_manage_connector: true })
    const connector = { type: 'connector', reverse_token: token }
    const { token: connectorToken } = await first.call('POST', '/api/token', connector)
    await sleep(100)
    for (let count = 0; count < 3; count++) await add({ token, role: 'provider' })
    for (let count = 0; count < 2; count++) await add({ token: connectorToken, role: 'connector' })
  }
  for (let index = 0; index < clientCount - 2 * tokenCount; index++) await add({ token: forward })
  return made
}

async function causeFault(fault) {
  const event = { kind: fault.name, at: new Date().toISOString(), beganMs: performance.now(), endedMs: 0 }
  events.push(event)
  event.what = await fault()
  event.endedMs = performance.now()
  if (values['log-folder'] !== undefined) console.info(`${event.at} ${event.kind} ${event.what ?? ''}`)
  await sleep(quietMs)
}

async function killNode() {
  const { service } = pick(nodes)
  await service.kill()
  await sleep(2000)
  await service.start()
  return service.name
}

async function drainNode() {
  const { service, call } = pick(nodes)
  await call('POST', '/api/drain')
  await service.ended()
  await service.start()
  return service.name
}

function faultsToCause() {
  const all = [killNode, drainNode, stopNode, killNats, stopNats, cutNats, loseNats, cutFromNats, cutOff]
  const names = values.faults?.split(',')
  return names === undefined ? all : all.filter(({ name }) => names.includes(name))
}

/** Cuts a node off from NATS, but not from the other nodes. */
function cutFromNats() {
  return cutFor(pick(nodes).toNats)
}

/** Cuts a node off from NATS and from the nodes that dial it; its clients still reach it. */
function cutOff() {
  const { toNats, toNode } = pick(nodes)
  return cutFor([...toNats, toNode])
}

async function cutFor(ways) {
  for (const way of ways) way.cut()
  await sleep(stoppedMs)
  for (const way of ways) way.heal()
}

function stopNode() {
  return standStill(pick(nodes).service, stoppedNodeMs)
}

async function killNats() {
  const server = pick(nats.servers)
  await server.kill()
  await sleep(3000)
  await server.start()
}

/** Cuts one NATS server off from the others, but not from the nodes. */
function cutNats() {
  return cutFor(nats.waysOf(Math.floor(Math.random() * nats.servers.length)))
}

/** Restarts all NATS servers without their data. */
async function loseNats() {
  await Promise.all(nats.servers.map((server) => server.kill()))
  await nats.forget()
  await sleep(3000)
  await Promise.all(nats.servers.map((server) => server.start()))
}

function stopNats() {
  return standStill(pick(nats.servers), stoppedMs)
}

async function standStill(service, forMs) {
  service.signal('SIGSTOP')
  await sleep(forMs)
  service.signal('SIGCONT')
}

/** Returns each node's view of the cluster once they all have the links of the clients, or after a while. */
async function untilSettled() {
  for (let attempt = 0; ; attempt++) {
    const views = await Promise.all(nodes.map(viewOf))
    const isSettled = views.every(({ links, channels }) => links === clients.length && channels === 0)
    if (isSettled || attempt === 40) return views
    await sleep(500)
  }
}

/** Returns what a node counts at all nodes. */
async function viewOf({ service, call }) {
  const { nodes: known } = await call('GET', '/api/nodes')
  const live = known.filter(({ state }) => state === 'self' || state === 'up')
  const sum = (key) => live.reduce((total, node) => total + node[key], 0)
  return { name: service.name, nodes: live.length, links: sum('links'), channels: sum('channels') }
}

/** Resolves when all nodes are connected. */
async function untilJoined() {
  for (let attempt = 0; attempt < 60; attempt++, await sleep(500)) {
    const all = await Promise.all(nodes.map(({ call }) => call('GET', '/api/nodes')))
    if (all.every(({ connected, nodes: known }) => connected && known.length === nodes.length)) return
  }
  throw new Error(`the nodes do not find each other:\n${nodes.map(({ service }) => service.log).join('\n')}`)
}

function pick(list) {
  return list[Math.floor(Math.random() * list.length)]
}
