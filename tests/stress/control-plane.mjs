// Measures the control plane of a cluster: 10,000 tokens with a provider at other nodes, and 1,000 changes of them a
// second for 20 s. One node runs as a process; a writer simulates the other nodes; and there are three NATS servers.
// Prints CPU and memory of each. `node tests/stress/control-plane.mjs`, after a build and
// tests/interop/install-peers.sh.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ClusterNode, NatsStore } from '@ls/cluster'
import { LinkSocksServer, tokenKey } from '@ls/server'
import { startNats } from './chaos/programs.mjs'

const presences = 10_000
const changesPerSecond = 1000
const seconds = 20
const ticks = 100

if (process.send === undefined) await measure()
else await serve(process.argv[2])

async function measure() {
  const nats = await startNats(3)
  // The three servers elect the leader of JetStream.
  await sleep(3000)
  const url = `nats://127.0.0.1:${nats.ports[0]}`
  const child = fork(fileURLToPath(import.meta.url), [url])
  const [idle] = await once(child, 'message')
  const store = new NatsStore({ servers: [url] })
  await store.open({ entry: () => {}, synced: () => {}, lost: () => {} })
  const keys = Array.from({ length: presences }, (_none, at) => `peers.0000000${1 + (at % 2)}.${tokenKey(`t${at}`)}`)
  const value = (at) => JSON.stringify({ providers: [String(at).padStart(32, '0')], connectors: [] })
  const startedMs = performance.now()
  for (let at = 0; at < presences; at += 100)
    await Promise.all(keys.slice(at, at + 100).map((key, more) => store.put('live', key, value(at + more))))
  console.info(`${presences} presences written in ${Math.round(performance.now() - startedMs)} ms`)
  await sleep(2000)
  const [first, second, third] = nats.servers.map(({ pid }) => pid)
  const pids = { node: child.pid, 'nats 0': first, 'nats 1': second, 'nats 2': third }
  const before = read(pids)
  const beganMs = performance.now()
  const writes = []
  for (let done = 0; done < seconds * changesPerSecond;) {
    const due = ((performance.now() - beganMs) * changesPerSecond) / 1000
    for (; done < due; done++) writes.push(store.put('live', keys[done % presences], value(presences + done)))
    await sleep(5)
  }
  await Promise.all(writes)
  const tookS = (performance.now() - beganMs) / 1000
  const after = read(pids)
  for (const name of Object.keys(pids)) {
    const cpu = ((after[name].cpu - before[name].cpu) / tookS) * 100
    console.info(
      `${name}: ${cpu.toFixed(1)} % of a core at ${Math.round(writes.length / tookS)} changes/s, ${after[name].megabytes} MB`,
    )
  }
  child.send('report')
  const [report] = await once(child, 'message')
  console.info(
    `node: heap ${idle.heap} MB without presences, ${report.heap} MB with; knows ${report.farTokens} tokens with far peers`,
  )
  child.kill()
  await store.close()
  for (const server of nats.servers) await server.kill()
  nats.remove()
  process.exit(0)
}

/** Runs a node, which reports on request. */
async function serve(url) {
  const node = new ClusterNode({
    store: new NatsStore({ servers: [url] }),
    secret: 'the secret of the nodes of a measurement',
  })
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, nodes: node, sessionOwners: node })
  await server.listen()
  for (let at = 0; at < presences; at++) server.addReverseToken({ token: `t${at}`, socksPort: 'none' })
  await node.join(server)
  const report = () => ({ heap: Math.round(process.memoryUsage().heapUsed / 1e6), farTokens: node.status.farTokens })
  process.on('message', () => process.send(report()))
  process.send(report())
}

function read(pids) {
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
      const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0'
      return [
        name,
        { cpu: (Number(fields[11]) + Number(fields[12])) / ticks, megabytes: Math.round(Number(rss) / 1000) },
      ]
    }),
  )
}
