// Transfers over a path that loses one packet in a hundred, while their link is cut; every byte is checked.
// `node tools/bench/path/lossy-cuts.mjs run cubic`, after a build and as root. Exits with 1 when a transfer fails or
// has wrong bytes.
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { connect } from '@ls/socks5/node'
import { missingForPath, ShapedPath } from './shaped-path.mjs'

const self = fileURLToPath(import.meta.url)
const command = fileURLToPath(new URL('../../../apps/cli/bin/linksocks.js', import.meta.url))
const shape = { roundTripMs: 40, lossPercent: 1, mbit: 50, queueBytes: 500_000 }
const ports = { webSocket: 8765, echo: 7000, proxy: 9870 }
const transferBytes = 1_048_576
const workers = 4
const cuts = 3
/** Time of silence, in milliseconds: longer than the 8 s after which a silent link counts as dead. */
const silenceMs = 10_000

const [role, ...rest] = process.argv.slice(2)
await { run, echo, transfer }[role](...rest)

async function run(congestionControl) {
  const missing = missingForPath()
  if (missing !== undefined) throw new Error(missing)
  const path = await ShapedPath.open(shape)
  path.setCongestionControl(congestionControl)
  const { host, prefix } = path.farPlace
  await start([...prefix, process.execPath, self, 'echo'], /echo/)
  const server = ['server', '-t', 'token', '-H', host, '-P', ports.webSocket]
  await start([...prefix, process.execPath, command, ...server], /listening/)
  const client = ['client', '-t', 'token', '-u', `ws://${host}:${ports.webSocket}`, '-p', ports.proxy]
  await start([...path.nearPrefix, process.execPath, command, ...client], /^proxy: /m)
  const transfers = spawnAll([...path.nearPrefix, process.execPath, self, 'transfer', host])
  for (let cut = 0; cut < cuts; cut++) {
    await sleep(2000)
    cutLink(path.nearPrefix)
  }
  await sleep(2000)
  path.change({ ...shape, lossPercent: 100 })
  await sleep(silenceMs)
  path.change(shape)
  const [code] = await once(transfers, 'exit')
  process.exit(code ?? 1)
}

async function echo() {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).pipe(socket))
  server.listen(ports.echo, '0.0.0.0')
  await once(server, 'listening')
  console.log('echo')
}

/** Exchanges random bytes with the echo until the cuts are over; the last transfers begin after the link was silent. */
async function transfer(host) {
  const untilMs = performance.now() + 2000 * (cuts + 1) + silenceMs + 3000
  let count = 0
  const work = async () => {
    for (; performance.now() < untilMs; count++) await exchange(host)
  }
  await Promise.all(Array.from({ length: workers }, work))
  console.log(`${count} transfers of ${transferBytes} bytes there and back, all intact`)
}

async function exchange(host) {
  const payload = randomBytes(transferBytes)
  const proxy = { host: '127.0.0.1', port: ports.proxy }
  const socket = await connect({ proxy, target: { host, port: ports.echo }, timeoutMs: 60_000 })
  const hash = createHash('sha256')
  socket.on('data', (chunk) => hash.update(chunk))
  socket.end(payload)
  await once(socket.resume(), 'end')
  if (hash.digest('hex') !== createHash('sha256').update(payload).digest('hex'))
    throw new Error('wrong bytes came back')
}

/** Cuts a link as a device on the path does that forgets a connection. */
function cutLink([program, ...args]) {
  execFileSync(program, [...args, 'ss', '-K', 'dport', '=', `:${ports.webSocket}`], { stdio: 'ignore' })
}

/** Starts a program, and waits until it has printed the text `ready`. */
function start(words, ready) {
  const child = spawnAll(words, 'pipe')
  let output = ''
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => {
      output += text
      if (ready.test(output)) resolve()
    })
    child.once('exit', () => reject(new Error(`${words.join(' ')} ended: ${output}`)))
  })
}

function spawnAll([program, ...args], stdout = 'inherit') {
  const child = spawn(program, args.map(String), { stdio: ['ignore', stdout, 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  return child
}
