// Measured programs: started in order, observed through /proc, and ended together.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** USER_HZ: Linux always uses this value in /proc. */
const clockTicksPerSecond = 100
/** Time for a program to listen, in milliseconds; Python on a busy machine takes seconds. */
const startTimeoutMs = 20_000
/** Most characters of a program's output in the error of a failed start. */
const outputCharacters = 2000

/** Processes that must end with the benchmark, for whatever reason it ends. */
const running = new Set()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))

/** Ends this process, and all processes that it has started, on signals to end. */
export function endOnSignals() {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
}

/** The processes of one system, so that they are measured and ended together. */
export class ProcessGroup {
  #children = []

  get pids() {
    return this.#children.map(({ pid }) => pid)
  }

  /** Starts a program and waits until it listens on `port` of `host`. @throws Error when it does not. */
  async start([program, ...args], port, environment = {}, host = '127.0.0.1') {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnvironment, ...environment },
    })
    this.#children.push(child)
    running.add(child)
    child.once('exit', () => running.delete(child))
    let output = ''
    const keep = (text) => (output = `${output}${text}`.slice(-outputCharacters))
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => keep(error.message))
    const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined
    if (await listening({ port, host }, ended)) return
    throw new Error(
      `${program} ${args.join(' ')} does not listen on port ${port}: ${output.trim() || 'it said nothing'}`,
    )
  }

  /** Returns the CPU seconds so far, user and system, of all processes and their children; NaN without any. */
  cpuSeconds() {
    if (this.#children.length === 0) return Number.NaN
    return this.#tree().reduce((sum, { cpuTicks }) => sum + cpuTicks, 0) / clockTicksPerSecond
  }

  /** Returns the resident memory now (`VmRSS`) or at most (`VmHWM`), in MiB, of all of them; NaN without any. */
  residentMebibytes(field = 'VmRSS') {
    if (this.#children.length === 0) return Number.NaN
    const kibibytes = this.#tree().map(({ pid }) =>
      Number(read(`/proc/${pid}/status`).match(`${field}:\\s+(\\d+)`)?.[1] ?? 0),
    )
    return kibibytes.reduce((sum, each) => sum + each, 0) / 1024
  }

  async stop() {
    const alive = this.#children.filter(
      (child) => child.pid !== undefined && child.exitCode === null && child.signalCode === null,
    )
    const descendants = this.#tree().filter(({ pid }) => !this.pids.includes(pid))
    const exits = alive.map((child) => once(child, 'exit'))
    for (const child of alive) child.kill('SIGKILL')
    for (const { pid } of descendants) killQuietly(pid)
    await Promise.all(exits)
    this.#children = []
  }

  #tree() {
    const all = processTable()
    const wanted = new Set(this.pids)
    // A parent may come after its child in the table, so the search is repeated until it finds no more.
    for (let before = -1; before !== wanted.size;) {
      before = wanted.size
      for (const { pid, parent } of all) if (wanted.has(parent)) wanted.add(pid)
    }
    return all.filter(({ pid }) => wanted.has(pid))
  }
}

/** Removes the developer's own settings: a proxy variable would send a peer elsewhere. */
const cleanEnvironment = Object.fromEntries(['PATH', 'HOME'].map((name) => [name, process.env[name]]))

/** Returns a port of 127.0.0.1 that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

async function listening(place, ended) {
  for (const deadline = Date.now() + startTimeoutMs; Date.now() < deadline && !ended();) {
    if (await accepts(place)) return true
    await sleep(50)
  }
  return false
}

function accepts(place) {
  return new Promise((resolve) => {
    const socket = connect(place)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function processTable() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => parseStat(read(`/proc/${name}/stat`)))
    .filter((entry) => entry !== undefined)
}

/** The name in parentheses may contain any characters, so fields are counted after the last parenthesis (proc(5)). */
export function parseStat(text) {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 13) return undefined
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    cpuTicks: Number(fields[11]) + Number(fields[12]),
  }
}

/** Reads a file of /proc; its process may have ended since it was listed. */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function killQuietly(pid) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has ended with its parent.
  }
}
