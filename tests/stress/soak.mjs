// Mixed load for 30 minutes (`--minutes N` for others) with the built packages and with cuts: forward, reverse and
// agent mode, short connections, bulk both ways, typing. Measures the idle process, loads it, measures it idle again,
// and compares the memory of the load's first and last third. Exits with 1 when a number has grown, or a transfer was
// wrong. Run with `pnpm soak`.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'

const mebibyte = 1024 * 1024
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } })
const minutes = Number(values.minutes)
/** Long enough that all code has run, and pools and maps have reached their size. */
const warmUpMs = Math.max(15_000, minutes * 6000)
/** With fewer transfers, on a busy machine, pools and code stay smaller than under the load. */
const warmUpTransfers = 1000
const warmUpLimitMs = 5 * 60_000
const sampleCount = 30
const cutEveryMs = 3000
/**
 * Timers of a session: its keepalive, and its watch of idle channels, which ends up to a minute after the last channel.
 */
const timersOfSession = 2
const limits = { heapBytes: 8 * mebibyte, residentBytes: 48 * mebibyte, residentShare: 0.25, loadedShare: 0.05 }

if (!(minutes > 0)) throw new RangeError(`--minutes is ${values.minutes}; it must be more than 0`)
if (globalThis.gc === undefined) throw new Error('run it with node --expose-gc')

const echo = await listen((socket) => socket.pipe(socket))
const net = await startNet()
/** Resident memory after a collection, in bytes, in each sample of the load. */
const loadedBytes = []
const counts = { transfers: 0, bytes: 0, messages: 0, cuts: 0 }

console.info(`soak: ${minutes} min, warming up for ${Math.round(warmUpMs / 1000)} s`)
for (const startMs = performance.now(); isCold(startMs);) await load(warmUpMs)
const before = await measureIdle()
await load(minutes * 60_000, report)
const after = await measureIdle()
const faults = [...findGrowth(before, after), ...findLoadedGrowth(loadedBytes)]
console.info(
  `${counts.transfers} transfers of ${Math.round(counts.bytes / mebibyte)} MiB intact, ${counts.messages} messages, ${counts.cuts} cuts`,
)
console.info(`idle before: ${describe(before)}`)
console.info(`idle after:  ${describe(after)}`)
console.info(faults.length === 0 ? 'soak: flat' : `soak: NOT flat: ${faults.join('; ')}`)
process.exitCode = faults.length === 0 ? 0 : 1
await net.close()
echo.close()

function isCold(startMs) {
  return counts.transfers < warmUpTransfers && performance.now() - startMs < warmUpLimitMs
}

/**
 * Starts one server with a forward client, a provider with a proxy port at the server, and a provider with a connector.
 */
async function startNet() {
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
  const { token } = server.addReverseToken({ socksPort: 'none' })
  const reverse = server.addReverseToken({ socksPort: 0 })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address.port}`
  const clients = [
    new LinkSocksClient({ url, token: server.addForwardToken(), proxy: { port: 0 }, threads: 2 }),
    new LinkSocksClient({ url, token, role: 'provider' }),
    new LinkSocksClient({ url, token: reverse.token, role: 'provider' }),
    new LinkSocksClient({ url, token: server.addConnectorToken({ reverseToken: token }), proxy: { port: 0 } }),
  ]
  const reverseOpen = once(server, 'socksListening')
  for (const client of clients) await client.start()
  const [reverseProxy] = await reverseOpen
  return {
    proxies: [reverseProxy, ...clients.flatMap((client) => client.socksAddress ?? [])],
    clientSessions: () => clients.flatMap((client) => client.sessions),
    sessions: () =>
      [...server.peers].map(({ session }) => session).concat(clients.flatMap((client) => client.sessions)),
    close: async () => {
      for (const client of clients) await client.close()
      await server.close()
    },
  }
}

/** Loads the net for a while and waits for the end of all transfers; `onSample` is called 30 times meanwhile. */
async function load(durationMs, onSample = () => {}) {
  const untilMs = performance.now() + durationMs
  const going = () => performance.now() < untilMs
  const repeat = async (work) => {
    while (going()) await work()
  }
  const workers = net.proxies.flatMap((proxy) => [
    ...Array.from({ length: 8 }, () => repeat(() => exchange(proxy, Math.floor(Math.random() * 4096)))),
    ...Array.from({ length: 4 }, () => repeat(() => exchange(proxy, 8 * mebibyte))),
    type(proxy, going),
  ])
  const cuts = repeat(async () => {
    await sleep(Math.min(cutEveryMs, Math.max(1, untilMs - performance.now())))
    cutOne()
  })
  const sampling = (async () => {
    for (let sample = 1; sample <= sampleCount; sample++) {
      await sleep(Math.max(0, untilMs - performance.now()) / (sampleCount - sample + 1))
      onSample(sample)
    }
  })()
  await Promise.all([...workers, cuts, sampling])
}

/** Sends random bytes through the proxy to the echo server and expects the same back. */
async function exchange(proxy, length) {
  const payload = randomBytes(length)
  const socket = await connect({ proxy, target: echo.address, timeoutMs: 60_000 })
  const chunks = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.end(payload)
  await once(socket.resume(), 'end')
  socket.destroy()
  const answer = Buffer.concat(chunks)
  if (!answer.equals(payload)) throw new Error(describeDifference(answer, payload, net.proxies.indexOf(proxy)))
  counts.transfers++
  counts.bytes += length
}

/**
 * Describes where an answer differs. A short answer may be that of a connection that was reset: libuv can report that
 * as an end.
 */
function describeDifference(answer, payload, proxy) {
  let equal = 0
  while (equal < answer.length && answer[equal] === payload[equal]) equal++
  return `${answer.length} of ${payload.length} bytes came back through proxy ${proxy}, the first ${equal} as sent`
}

/** Keeps one connection over all cuts: sends a message, waits for its echo, sends the next. */
async function type(proxy, going) {
  const socket = await connect({ proxy, target: echo.address })
  socket.resume()
  while (going()) {
    const message = `message ${counts.messages}`
    socket.write(message)
    const [answer] = await once(socket, 'data')
    if (String(answer) !== message) throw new Error(`typed '${message}', the echo was '${answer}'`)
    counts.messages++
    await sleep(20)
  }
  socket.destroy()
}

function cutOne() {
  const linked = net.clientSessions().filter((session) => session.transport !== undefined)
  linked[Math.floor(Math.random() * linked.length)]?.transport?.destroy()
  counts.cuts++
}

/**
 * Cuts all links and waits until they are back. On a busy machine a session may have opened a second WebSocket for
 * urgent messages; it ends with the link, and is no leak.
 */
async function renewLinks() {
  for (const session of net.clientSessions()) session.transport?.destroy()
  await sleep(100)
  const isBack = ({ linked, hasUrgent }) => linked && !hasUrgent
  for (let waitedMs = 0; waitedMs < 30_000 && !net.sessions().every(isBack); waitedMs += 100) await sleep(100)
}

/** Waits until all tables are empty, and then measures the process. */
async function measureIdle() {
  await renewLinks()
  const held = () => net.sessions().reduce((sum, { channelCount, replayBytes }) => sum + channelCount + replayBytes, 0)
  for (let waitedMs = 0; waitedMs < 30_000 && held() > 0; waitedMs += 100) await sleep(100)
  // Gives connections time to close, and collects garbage.
  await sleep(2000)
  globalThis.gc()
  await sleep(100)
  globalThis.gc()
  const { rss, heapUsed, external } = process.memoryUsage()
  const budgets = net.sessions().map(({ options }) => options.budget)
  return {
    residentBytes: rss,
    heapBytes: heapUsed + external,
    resources: countResources(),
    sessions: net.sessions().length,
    channels: net.sessions().reduce((sum, { channelCount }) => sum + channelCount, 0),
    replayBytes: net.sessions().reduce((sum, { replayBytes }) => sum + replayBytes, 0),
    budgetBytes: budgets.reduce((sum, { usedBytes, reservedBytes }) => sum + usedBytes + reservedBytes, 0),
  }
}

function findGrowth(before, after) {
  const found = []
  const grown = (name, limit) => {
    if (after[name] > limit)
      found.push(`${name} went from ${before[name]} to ${after[name]}, limit ${Math.round(limit)}`)
  }
  for (const table of ['channels', 'replayBytes', 'budgetBytes']) grown(table, 0)
  grown('sessions', before.sessions)
  grown('heapBytes', before.heapBytes + limits.heapBytes)
  grown('residentBytes', before.residentBytes * (1 + limits.residentShare) + limits.residentBytes)
  for (const [kind, count] of Object.entries(after.resources)) {
    const ofSessions = kind === 'Timeout' ? timersOfSession * after.sessions : 0
    const earlier = Math.max(before.resources[kind] ?? 0, ofSessions)
    if (count > earlier) found.push(`${kind}: at most ${earlier} before, ${count} after`)
  }
  return found
}

/** Finds a leak that only shows under load: compares the median of the last third with that of the first. */
function findLoadedGrowth(samples) {
  const third = Math.floor(samples.length / 3)
  const [first, last] = [medianOf(samples.slice(0, third)), medianOf(samples.slice(-third))]
  const percent = ((last / first - 1) * 100).toFixed(1)
  console.info(`loaded: ${Math.round(first / mebibyte)} MiB in the first third, ${percent} % more in the last`)
  if (last <= first * (1 + limits.loadedShare)) return []
  return [`resident memory under load grew by ${percent} %, limit ${limits.loadedShare * 100} %`]
}

function medianOf(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

function countResources() {
  const counted = {}
  for (const kind of process.getActiveResourcesInfo()) counted[kind] = (counted[kind] ?? 0) + 1
  return counted
}

function report(sample) {
  globalThis.gc()
  const { rss, heapUsed } = process.memoryUsage()
  loadedBytes.push(rss)
  const channels = net.sessions().reduce((sum, { channelCount }) => sum + channelCount, 0)
  const memory = `rss ${Math.round(rss / mebibyte)} MiB, heap ${Math.round(heapUsed / mebibyte)} MiB`
  console.info(
    `${sample}/${sampleCount}: ${memory}, ${process.getActiveResourcesInfo().length} handles and timers, ${channels} channels, ${counts.transfers} transfers`,
  )
}

function describe({ residentBytes, heapBytes, resources, ...tables }) {
  const memory = `rss ${Math.round(residentBytes / mebibyte)} MiB, heap ${(heapBytes / mebibyte).toFixed(1)} MiB`
  return `${memory}, ${JSON.stringify({ ...resources, ...tables })}`
}

async function listen(onSocket) {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    onSocket(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { address: { host: '127.0.0.1', port: server.address().port }, close: () => server.close() }
}
