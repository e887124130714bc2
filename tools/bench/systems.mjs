// What is measured: each system carries TCP from a SOCKS port (or, for the limits, a plain port) to a target.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const ours = `${root}apps/cli/bin/linksocks.js`
const peers = process.env['LINKSOCKS_PEERS'] ?? `${root}.cache/peers`
const goPeer = `${root}tests/interop/go-peer.py`

/** @typedef {{ name: string, socks: boolean, port: number, processes: import('node:child_process').ChildProcess[] }} System */

/** All systems that can run here, and the names of those that cannot. */
export function availableSystems() {
  const go = `${peers}/go-1.10.1/bin/python`
  const systems = [
    { name: 'direct', start: startDirect },
    { name: 'two plain Node relays', start: startRelays },
    { name: 'linksocks (this)', start: (target) => startLinkSocks([process.execPath, ours], target) },
  ]
  const missing = []
  if (existsSync(go)) systems.push({ name: 'Go LinkSocks 1.10.1', start: () => startLinkSocks([go, goPeer]) })
  else missing.push('Go LinkSocks (run tests/interop/install-peers.sh)')
  return { systems, missing }
}

async function startDirect(target) {
  return { socks: false, port: target, processes: [] }
}

async function startRelays(target) {
  const inner = await startRelay(target)
  const outer = await startRelay(inner.port)
  return { socks: false, port: outer.port, processes: [inner.process, outer.process] }
}

async function startRelay(target) {
  const port = await freePort()
  const relay = fileURLToPath(new URL('plain-relay.mjs', import.meta.url))
  const process_ = spawn(process.execPath, [relay, String(port), String(target)], { stdio: 'ignore' })
  await listening(port)
  return { port, process: process_ }
}

async function startLinkSocks([program, ...leading]) {
  const [ws, port] = [await freePort(), await freePort()]
  const run = (...args) => spawn(program, [...leading, ...args], { stdio: 'ignore' })
  const server = run('server', '-t', 'bench_token', '-H', '127.0.0.1', '-P', String(ws))
  await listening(ws)
  const client = run('client', '-t', 'bench_token', '-u', `ws://127.0.0.1:${ws}`, '-p', String(port), '-E')
  await listening(port)
  return { socks: true, port, processes: [server, client] }
}

/** CPU seconds that processes have used so far, user and system. */
export async function cpuSeconds(processes) {
  const { readFile } = await import('node:fs/promises')
  let ticks = 0
  for (const { pid } of processes) {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / clockTicksPerSecond
}

/** Resident memory of processes, in MiB. */
export async function residentMebibytes(processes) {
  const { readFile } = await import('node:fs/promises')
  let kibibytes = 0
  for (const { pid } of processes) {
    kibibytes += Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  }
  return kibibytes / 1024
}

/** USER_HZ, which Linux fixes for what it shows in /proc. */
const clockTicksPerSecond = 100

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function listening(port) {
  for (let attempt = 0; attempt < 300; attempt++) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`nothing listens on port ${port} after 15 s`)
}
