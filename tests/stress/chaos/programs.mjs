// The programs of a cluster on this machine: NATS servers and nodes, which can be killed, stopped and started again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Way } from './ways.mjs'

const root = join(import.meta.dirname, '../../..')
const natsProgram = join(root, '.cache/peers/nats/bin/nats-server')
const command = join(root, 'apps/cli/bin/linksocks.js')
const apiKey = 'key-of-the-chaos-run'
/** Next port to try: two runs at the same time begin at different ports. */
let nextPort = 12_000 + Math.floor(Math.random() * 15_000)
/** Time for a program to start on a busy machine, in milliseconds; a node waits for the leader of NATS meanwhile. */
const startMs = 60_000

/** Address that servers of NATS tell each other, and at which none listens: they must use their ways only. */
const noRoute = '127.0.0.1:1'

/** Starts NATS servers that form one cluster. Each one reaches the others over ways of its own. */
export async function startNats(count) {
  if (!existsSync(natsProgram)) throw new Error(`${natsProgram} is missing: run tests/interop/install-peers.sh`)
  const folder = mkdtempSync(join(tmpdir(), 'ls-chaos-'))
  const places = await Promise.all(
    Array.from({ length: count }, async () => ({ port: await freePort(), route: await freePort() })),
  )
  const waysBetween = await Promise.all(
    places.flatMap((_place, from) =>
      places.flatMap(({ route }, to) => (from === to ? [] : [openBetween(from, to, route)])),
    ),
  )
  const dataOf = (index) => join(folder, String(index))
  let lost = 0
  const servers = places.map(({ port, route }, index) => {
    const data = ['--jetstream', '--store_dir', dataOf(index), '--server_name', `n${index}`]
    const routes = waysBetween.filter(({ from }) => from === index).map(({ way }) => `nats://127.0.0.1:${way.port}`)
    // A cluster of one server would wait for others.
    const own = ['--cluster_name', 'chaos', '--cluster', `nats://127.0.0.1:${route}`, '--cluster_advertise', noRoute]
    const routing = [...own, '--routes', routes.join()]
    const cluster = count === 1 ? [] : routing
    const place = ['--addr', '127.0.0.1', '--port', String(port), '--no_advertise']
    const args = [...place, ...data, ...cluster]
    return new Service({ name: `nats ${index}`, program: natsProgram, args, isReady: () => canConnect(port) })
  })
  for (const server of servers) await server.start()
  return {
    servers,
    ports: places.map(({ port }) => port),
    /** Ways between a server and the others. */
    waysOf: (index) => waysBetween.filter(({ from, to }) => from === index || to === index).map(({ way }) => way),
    /** Takes the data from all servers; only while none runs. To remove it takes a busy disk some seconds. */
    forget: () => Promise.all(servers.map((_server, index) => rename(dataOf(index), join(folder, `lost-${++lost}`)))),
    remove: () => {
      for (const { way } of waysBetween) way.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A way from one server of NATS to the route port of another. */
async function openBetween(from, to, route) {
  const way = new Way(route, await freePort())
  await way.open()
  return { from, to, way }
}

/** Variables of nodes whose clocks differ: the first is right, the second an hour ahead, the third a day behind. */
const clocks = ['+0', '+3600', '-86400']

function clockOf(index, fakeTime) {
  if (fakeTime === undefined) return {}
  // The monotonic clock counts from the start of the machine at all nodes.
  const at = clocks[index % clocks.length]
  return { LD_PRELOAD: fakeTime, FAKETIME: at, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
}

/**
 * Starts the nodes of a cluster. Each one reaches NATS, and is reached by other nodes, over ways of its own. With
 * `before`, the command of another version, nodes begin with that version, and have this one from their first restart.
 * With `fakeTime`, the path of libfaketime, their clocks differ.
 */
export async function startNodes(count, natsPorts, { logFolder, replicas = 3, hasWays = true, before, fakeTime } = {}) {
  const nodes = []
  for (let index = 0; index < count; index++) {
    const [port, nodePort] = [await freePort(), await freePort()]
    const toNats = await Promise.all(natsPorts.map(async (natsPort) => new Way(natsPort, await freePort())))
    const toNode = new Way(nodePort, await freePort())
    await Promise.all(toNats.map((way) => way.open()))
    const nats = toNats.flatMap((way) => ['--cluster-nats', `nats://127.0.0.1:${way.port}`])
    const places = [
      '--cluster-listen',
      `127.0.0.1:${nodePort}`,
      '--cluster-address',
      `127.0.0.1:${hasWays ? toNode.port : nodePort}`,
    ]
    const args = ['server', ...nats, '--cluster-replicas', String(replicas), ...places]
    const own = ['--ws-host', '127.0.0.1', '--ws-port', String(port), '--api-key', apiKey, '--guard', 'none']
    const secret = 'the secret that all nodes of a chaos run share'
    const environment = { LINKSOCKS_CLUSTER_SECRET: secret, ...clockOf(index, fakeTime) }
    const life = ['--drain-timeout', '60s', ...(logFolder === undefined ? [] : ['--log-level', 'debug'])]
    const logFile = logFolder && join(logFolder, `node-${index}.log`)
    const service = new Service({
      name: `node ${index}`,
      program: process.execPath,
      args: [command, ...args, ...own, ...life],
      firstArgs: before && [before, ...args, ...own, ...life],
      environment,
      isReady: () => canConnect(port),
      way: toNode,
      logFile,
    })
    await service.start()
    nodes.push({
      service,
      toNats,
      toNode,
      url: `ws://127.0.0.1:${port}`,
      call: (method, path, body) => callApi(port, method, path, body),
    })
  }
  return nodes
}

async function callApi(port, method, path, body) {
  const options = { method, headers: { 'x-api-key': apiKey }, ...(body && { body: JSON.stringify(body) }) }
  const response = await fetch(`http://127.0.0.1:${port}${path}`, options)
  const answer = await response.json()
  if (!response.ok || answer.success === false) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`)
  return answer
}

/** A program that can be started more than once. Its way is open while it runs. */
class Service {
  #child
  #log = ''
  #options
  #starts = 0

  constructor(options) {
    this.#options = options
  }

  get name() {
    return this.#options.name
  }

  get pid() {
    return this.#child.pid
  }

  get log() {
    return this.#log
  }

  /** Resolves when it accepts connections. */
  async start() {
    const { name, program, args: later, firstArgs = later, environment, isReady, way, logFile } = this.#options
    await way?.open()
    const args = this.#starts++ === 0 ? firstArgs : later
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...environment } })
    this.#child = child
    const end = () => child.kill('SIGKILL')
    // A run that fails must not leave programs behind.
    process.once('exit', end)
    child.once('exit', () => {
      process.off('exit', end)
      way?.close()
    })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        this.#log = (this.#log + text).slice(-20_000)
        if (logFile !== undefined) appendFileSync(logFile, text)
      })
    for (const endMs = performance.now() + startMs; performance.now() < endMs; await sleep(50)) {
      if (child.exitCode !== null) break
      if (await isReady()) return
    }
    throw new Error(`${name} did not start:\n${this.#log}`)
  }

  signal(signal) {
    this.#child.kill(signal)
  }

  async kill() {
    const child = this.#child
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** Resolves when it has ended by itself. */
  async ended() {
    const child = this.#child
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
}

async function canConnect(port) {
  return fetch(`http://127.0.0.1:${port}/`).then(
    () => true,
    (error) => error.cause?.code !== 'ECONNREFUSED',
  )
}

/** Returns a port at which no program listens, outside the range that the system uses for outgoing connections. */
async function freePort() {
  for (;;) {
    const port = nextPort++
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    server.close()
    if (isFree) return port
  }
}
