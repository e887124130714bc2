// Compares `--workers N` (2) with one process: links accepted a second, and bulk over many links. The load comes from
// processes on the same machine. If the machine has too few cores for both, compare the CPU time that each server
// process takes for a link or a megabyte: it shows what they could do with cores of their own. `--share 0.2` gives each
// process of the server that part of a core, by a control group, so that the load is not the limit; that needs root.
// Run with `node tests/stress/workers.mjs`, after a build.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'

/** Duration of a measurement, in seconds: long enough that the compiler of each process matters little. */
const seconds = 20
const generators = 2
const linksEach = 8
/** Period in which a process gets its share of a core, in microseconds. */
const periodUs = 10_000
/** Clock ticks of /proc/PID/stat a second: USER_HZ, 100 on all Linux. */
const ticks = 100
const command = join(import.meta.dirname, '../../apps/cli/bin/linksocks.js')

if (process.send === undefined) await measureAll()
else process.on('message', ({ what, ...settings }) => void (what === 'links' ? openLinks(settings) : pull(settings)))

async function measureAll() {
  const { values } = parseArgs({ options: { workers: { type: 'string', default: '2' }, share: { type: 'string' } } })
  const target = createServer((socket) => {
    const chunk = Buffer.alloc(65_536)
    const fill = () => {
      while (socket.write(chunk));
    }
    socket.on('drain', fill).on('error', () => {})
    fill()
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  for (const workers of ['1', values.workers]) {
    for (const what of ['links', 'bulk']) {
      const server = await startServer(workers, values.share && Number(values.share))
      const before = server.cpu()
      const load = { what, url: server.url, target: { host: '127.0.0.1', port: target.address().port } }
      const counts = await Promise.all(Array.from({ length: generators }, () => generate(load)))
      const count = counts.reduce((sum, each) => sum + each, 0)
      const used = server.cpu().map(({ name, seconds: now }, at) => [name, now - before[at].seconds])
      const unit = what === 'links' ? count : count / 1_000_000
      const costs = used.map(([name, took]) => `${name} ${((took / unit) * 1000).toFixed(3)} ms`)
      const amount = what === 'links' ? `${Math.round(unit / seconds)} links/s` : `${Math.round(unit / seconds)} MB/s`
      console.info(
        `${workers} worker(s): ${amount}; CPU for each ${what === 'links' ? 'link' : 'MB'}: ${costs.join(', ')}`,
      )
      await server.stop()
    }
  }
  process.exit(0)
}

async function startServer(workers, share) {
  // Below the ports that the system gives to clients.
  const port = String(20_000 + Math.floor(Math.random() * 9000))
  const words = [
    'server',
    '--workers',
    workers,
    '-t',
    't',
    '--ws-host',
    '127.0.0.1',
    '--ws-port',
    port,
    '--guard',
    'none',
  ]
  const child = spawn(process.execPath, [command, ...words, '--log-level', 'info'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const read = (text) => (output += text)
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const upCount = workers === '1' ? 0 : Number(workers)
  while (!output.includes('listening') || output.split('state=up').length <= upCount) {
    if (child.exitCode !== null) throw new Error(`the server did not start: ${output}`)
    await sleep(50)
  }
  const workersOf = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
  const names = [['main', child.pid], ...workersOf.map((pid, at) => [`worker ${at}`, pid])]
  const groups = share === undefined ? [] : names.map(([, pid]) => limitCpu(pid, share))
  return {
    url: `ws://127.0.0.1:${port}`,
    cpu: () => names.map(([name, pid]) => ({ name, seconds: cpuOf(pid) })),
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      for (const group of groups) rmdirSync(group)
    },
  }
}

/** Limits a process to a share of a core. Returns the folder of its control group, of either version. */
function limitCpu(pid, share) {
  const first = '/sys/fs/cgroup/cpu'
  const isFirst = existsSync(first)
  const group = join(isFirst ? first : '/sys/fs/cgroup', `linksocks-${pid}`)
  mkdirSync(group)
  const write = (name, text) => writeFileSync(join(group, name), text)
  const quota = String(Math.round(share * periodUs))
  if (isFirst) {
    write('cpu.cfs_period_us', String(periodUs))
    write('cpu.cfs_quota_us', quota)
  } else write('cpu.max', `${quota} ${periodUs}`)
  write('cgroup.procs', String(pid))
  return group
}

function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticks
}

async function generate(load) {
  const child = fork(fileURLToPath(import.meta.url))
  child.send(load)
  const [count] = await once(child, 'message')
  child.kill()
  return count
}

/** Opens and closes links as fast as it can. */
async function openLinks({ url }) {
  const untilMs = performance.now() + seconds * 1000
  let count = 0
  const repeat = async () => {
    while (performance.now() < untilMs) {
      const client = new LinkSocksClient({ url, token: 't', proxy: 'none' })
      await client.start()
      await client.close()
      count++
    }
  }
  await Promise.all(Array.from({ length: linksEach }, repeat))
  process.send(count)
}

/** Reads from an endless target over several links. */
async function pull({ url, target }) {
  const clients = Array.from({ length: linksEach }, () => new LinkSocksClient({ url, token: 't', proxy: { port: 0 } }))
  for (const client of clients) await client.start()
  const sockets = await Promise.all(clients.map((client) => connect({ proxy: client.socksAddress, target })))
  let bytes = 0
  const count = ({ length }) => (bytes += length)
  for (const socket of sockets) socket.on('data', count).on('error', () => {})
  await sleep(seconds * 1000)
  process.send(bytes)
}
