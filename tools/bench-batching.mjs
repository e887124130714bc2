// Compares the batching policies over one link: `pnpm build && node tools/bench-batching.mjs`.
// Prints, for each policy, the delay of a small answer beside a steady 300 KiB/s, that of a burst's last byte, and
// bulk.
import { once } from 'node:events'
import { createServer } from 'node:net'

// Loads a built package by its path: this folder depends on none of them.
const load = (name) => import(new URL(`../packages/${name}/dist/index.js`, import.meta.url))
const [{ LinkSocksClient }, { LinkSocksServer }, { connect }] = await Promise.all(
  ['client', 'server', 'socks5'].map(load),
)

const kibibyte = 1024
/** The first half is not counted: the adaptive policy measures the speed for a while before it batches. */
const steady = { messageBytes: 3 * kibibyte, everyMs: 10, count: 500 }
const burst = { bytes: 512 * kibibyte, count: 8 }
const bulkBytes = 64 * 1024 * kibibyte
/** Policies take turns, so that none has the warmer process; the first round does not count. */
const rounds = 3
const policies = ['auto', 'adaptive', 'off']

const results = new Map(policies.map((policy) => [policy, { roundTrip: [], tail: [], bulk: [] }]))
for (let round = 0; round < rounds; round++) {
  for (const [batching, { roundTrip, tail, bulk }] of results) {
    const net = await open(batching)
    const measured = [await roundTrips(net), await burstTails(net), await throughput(net)]
    await net.close()
    if (round === 0) continue
    roundTrip.push(...measured[0])
    tail.push(...measured[1])
    bulk.push(measured[2])
  }
}
for (const [batching, { roundTrip, tail, bulk }] of results) {
  const times = `answer ${median(roundTrip)} ms, burst's tail ${median(tail)} ms`
  console.log(`${batching}: ${times}, bulk ${Math.round(median(bulk))} MiB/s`)
}

async function open(batching) {
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, batching })
  const token = server.addForwardToken()
  await server.listen()
  const client = new LinkSocksClient({
    url: `ws://127.0.0.1:${server.address.port}`,
    token,
    proxy: { port: 0 },
    batching,
  })
  await client.start()
  const echo = createServer({ noDelay: true }, (socket) => socket.on('error', () => {}).pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const dial = () => connect({ proxy: client.socksAddress, target: { host: '127.0.0.1', port: echo.address().port } })
  const close = async () => {
    await client.close()
    await server.close()
    echo.close()
  }
  return { dial, close }
}

/** Sends messages of 3 KiB every 10 ms on one connection, each echoed; returns the times until each is back in full. */
async function roundTrips({ dial }) {
  const socket = await dial()
  const times = []
  const sentAt = []
  let received = 0
  socket.on('data', (chunk) => {
    received += chunk.length
    while (sentAt.length > 0 && received >= steady.messageBytes * (times.length + 1)) {
      times.push(performance.now() - sentAt.shift())
    }
  })
  socket.resume()
  const startedAt = performance.now()
  for (let message = 0; message < steady.count; message++) {
    sentAt.push(performance.now())
    socket.write(Buffer.alloc(steady.messageBytes, 'x'))
    // Times follow the clock and not the previous timer: the rate must not fall with each late timer.
    await sleep(startedAt + (message + 1) * steady.everyMs - performance.now())
  }
  while (sentAt.length > 0) await sleep(steady.everyMs)
  socket.destroy()
  return times.slice(steady.count / 2)
}

/** Returns the times from the first byte of a burst to the echo of its last one. */
async function burstTails({ dial }) {
  const times = []
  for (let index = 0; index < burst.count; index++) {
    const socket = await dial()
    const startedAt = performance.now()
    socket.write(Buffer.alloc(burst.bytes))
    await drain(socket, burst.bytes)
    times.push(performance.now() - startedAt)
    socket.destroy()
  }
  return times
}

/** Returns the throughput there and back of one connection that is always full. */
async function throughput({ dial }) {
  const socket = await dial()
  const chunk = Buffer.alloc(64 * kibibyte)
  const received = drain(socket, bulkBytes)
  const startedAt = performance.now()
  for (let sent = 0; sent < bulkBytes; sent += chunk.length) {
    if (!socket.write(chunk)) await once(socket, 'drain')
  }
  await received
  socket.destroy()
  return bulkBytes / (1024 * kibibyte) / ((performance.now() - startedAt) / 1000)
}

function drain(socket, bytes) {
  return new Promise((resolve, reject) => {
    let received = 0
    socket.on('data', (chunk) => {
      received += chunk.length
      if (received >= bytes) resolve()
    })
    socket.once('close', () => reject(new Error(`the connection ended after ${received} of ${bytes} bytes`)))
    socket.resume()
  })
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return Number(sorted[Math.floor(sorted.length / 2)].toFixed(1))
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
