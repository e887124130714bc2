// How exactly a rate of 10 Mbit/s holds for 10 s, over 1 and over 50 connections, in forward and in agent mode, down
// and up, and what it costs the server beyond a source that is that slow by itself; in mode `go`, at the proxy port of
// a token whose provider is the Go program, which compresses. After a build:
// `node tests/stress/rate.mjs [MODE] [random|zeros] [ROUNDS]`.
import { fork, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'

const seconds = 10

/**
 * Sources: without an end at a rate of the server; two that keep the rate by themselves, where a Go program makes long
 * messages of bursts; and one without an end and without a rate whose reader is that slow.
 */
const feeds = { endless, slow, bursts: (sockets, chunk) => slow(sockets, chunk, 16), reader: endless }
const bytesPerSecond = 1_250_000
const chunks = { random: randomBytes(65_536), zeros: Buffer.alloc(65_536) }

/** The Go program, which `tests/interop/install-peers.sh` installs. */
const goProgram = fileURLToPath(new URL('../../.cache/peers/go-1.10.3/bin/linksocks', import.meta.url))

if (process.send === undefined) await measureAll(...process.argv.slice(2))
else await serve(JSON.parse(process.argv[2] ?? '{}'))

async function measureAll(only, payload = 'random', rounds = '1') {
  for (let round = 0; round < Number(rounds); round++) await measureModes(only, payload)
  process.exit(0)
}

async function measureModes(only, payload) {
  for (const mode of ['forward', 'agent', 'go']) {
    if (only !== undefined && only !== mode) continue
    if (mode === 'go' && !existsSync(goProgram)) continue
    for (const way of ['down', 'up']) {
      for (const count of [1, 50]) {
        for (const source of Object.keys(feeds)) print(await measure({ mode, way, count, source, payload }))
      }
    }
  }
}

/** The server alone, in a process of its own, so that its CPU time is that of the rate. */
async function serve({ mode, rate }) {
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
  await server.listen()
  const policy = rate === undefined ? {} : { policy: { rate } }
  let ports = [server.address.port]
  if (mode === 'forward') server.addForwardToken('user', policy)
  else if (mode === 'go') {
    ports = [...ports, server.addReverseToken({ token: 'office', ...policy }).port]
    server.once('socksListening', () => process.send('proxy port open'))
  } else {
    server.addReverseToken({ token: 'office', socksPort: 'none' })
    server.addConnectorToken({ token: 'user', reverseToken: 'office', ...policy })
  }
  process.on('message', () => process.send(process.cpuUsage()))
  process.send(ports)
}

async function measure({ mode, way, count, source, payload }) {
  const rate = source === 'endless' ? { [way]: bytesPerSecond } : undefined
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify({ mode, rate })])
  const [[port, socksPort]] = await once(child, 'message')
  const url = `ws://127.0.0.1:${port}`
  const clients = mode === 'go' ? [] : [new LinkSocksClient({ url, token: 'user', proxy: { port: 0 } })]
  if (mode === 'agent') clients.unshift(new LinkSocksClient({ url, token: 'office', role: 'provider' }))
  for (const client of clients) await client.start()
  const provider = mode === 'go' ? spawn(goProgram, ['provider', '-t', 'office', '-u', url]) : undefined
  if (provider !== undefined) await once(child, 'message')
  const feed = feeds[source]
  let moved = 0
  const [senders, receivers] = [[], []]
  const take = (socket) => socket.on('error', () => {}).on('data', ({ length }) => (moved += length))
  const target = createServer((socket) => void (way === 'down' ? senders : receivers).push(take(socket)))
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  const proxy = clients.at(-1)?.socksAddress ?? { host: '127.0.0.1', port: socksPort }
  const sockets = await Promise.all(
    Array.from({ length: count }, () => connect({ proxy, target: { host: '127.0.0.1', port: target.address().port } })),
  )
  for (const socket of sockets) take(socket).resume()
  if (way === 'up') senders.push(...sockets)
  while (senders.length < count) await new Promise((resolve) => setTimeout(resolve, 5))
  const before = await cpuOf(child)
  const startedAtMs = performance.now()
  const stops = [feed(senders, chunks[payload])]
  if (source === 'reader') stops.push(readSlowly(way === 'down' ? sockets : receivers, () => moved))
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  const tookMs = performance.now() - startedAtMs
  const ratio = (moved * 1000) / (tookMs * bytesPerSecond)
  const cpu = await cpuOf(child)
  for (const stop of stops) stop()
  for (const socket of sockets) socket.destroy()
  for (const client of clients) await client.close()
  target.close()
  provider?.kill()
  child.kill()
  return {
    mode,
    way,
    count,
    source,
    payload,
    ratio: ratio.toFixed(3),
    cpu: `${((cpu - before) / tookMs / 10).toFixed(1)} %`,
  }
}

async function cpuOf(child) {
  child.send('cpu')
  const [{ user, system }] = await once(child, 'message')
  return user + system
}

function endless(sockets, chunk) {
  for (const socket of sockets) {
    const fill = () => {
      while (socket.write(chunk));
    }
    socket.on('drain', fill)
    fill()
  }
  return () => {}
}

/** As fast as the rate, by itself, `atOnce` chunks at a time. */
function slow(sockets, chunk, atOnce = 1) {
  const startedAtMs = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAtMs) * bytesPerSecond) / 1000
    for (let turn = sent / chunk.length / atOnce; sent < due; turn++) {
      for (let index = 0; index < atOnce; index++) sockets[turn % sockets.length].write(chunk)
      sent += chunk.length * atOnce
    }
  }, 10)
  return () => clearInterval(timer)
}

/** Reads as fast as the rate. */
function readSlowly(sockets, movedBytes) {
  const startedAtMs = performance.now()
  const isDue = () => movedBytes() < ((performance.now() - startedAtMs) * bytesPerSecond) / 1000
  const timer = setInterval(() => {
    if (isDue()) for (const socket of sockets) socket.resume()
  }, 10)
  for (const socket of sockets) socket.on('data', () => isDue() || socket.pause())
  return () => clearInterval(timer)
}

function print(figures) {
  process.stdout.write(`${JSON.stringify(figures)}\n`)
}
