// The connections that continue beside the crowd: 50 streams that get their own bytes back at 20 kB/s, and new
// connections, one after the other, until their first byte is back. Its parent says when to begin and to report.
import { setTimeout as sleep } from 'node:timers/promises'
import { dial, next } from '../../load/dial.mjs'

const streams = 50
const message = Buffer.alloc(1000, 'm')
const everyMs = 50
/** Time between two opens, in ms. */
const pauseMs = 10
const openLimitMs = 10_000

const route = JSON.parse(process.argv[2])
let found = fresh()

process.on('disconnect', () => process.exit())
process.on('message', (what) => {
  if (what === 'report') process.send({ ...found, seconds: (performance.now() - found.startMs) / 1000 })
  found = fresh()
})
for (let index = 0; index < streams; index++) await startStream()
process.send('running')
void openAgainAndAgain()

function fresh() {
  return { startMs: performance.now(), timesMs: [], bytes: 0, failed: 0, reason: undefined }
}

async function startStream() {
  const connection = await dial(route)
  connection.receive = (bytes) => (found.bytes += bytes.length)
  setInterval(() => connection.socket.write(message), everyMs)
}

async function openAgainAndAgain() {
  for (;;) {
    const startMs = performance.now()
    try {
      await Promise.race([openOnce(), late()])
      found.timesMs.push(performance.now() - startMs)
    } catch (error) {
      found.failed++
      found.reason = error.message
    }
    await sleep(pauseMs)
  }
}

async function openOnce() {
  const connection = await dial(route)
  connection.socket.write('x')
  await next(connection)
  connection.socket.destroy()
}

async function late() {
  await sleep(openLimitMs)
  throw new Error('no answer')
}
