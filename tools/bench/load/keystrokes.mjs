import { setTimeout as sleep } from 'node:timers/promises'
import { dial, next, want } from './dial.mjs'
import { pour } from './pour.mjs'

const byte = Buffer.from('x')

/**
 * Measures what a person notices beside bulk: the time of a byte there and back each `echoEveryMs`, and the time to
 * open a connection each `openEveryMs`, first without and then with streams that send as fast as they can.
 *
 * @param {{ route: object, direction: 'down' | 'up', streams: number, idleMs: number, warmUpMs: number, durationMs:
 * number, echoEveryMs: number, openEveryMs: number }} load
 * @returns {Promise<{ beganAtMs: number, idle: object[], echoes: object[], opens: object[] }>} when the warm-up ended,
 * by the clock of the machine, and each `{ atMs, tookMs }` from then on: an echo of the warm-up has a negative time
 */
export async function keystrokes(load, mark) {
  const { route, direction, streams, idleMs, warmUpMs, durationMs } = load
  const typist = await startTyping(route, load.echoEveryMs)
  await sleep(idleMs)
  const idle = typist.take()
  const bulk = await openBulk(route, direction, streams)
  await sleep(warmUpMs)
  const began = performance.now()
  const beganAtMs = Date.now()
  const opener = startOpening(route, load.openEveryMs)
  mark('begin', bulk.receivedBytes)
  await sleep(durationMs)
  mark('end', bulk.receivedBytes)
  const opens = opener.stop()
  // Echoes still in transit count as well: otherwise the longest times would be missing.
  const echoes = await typist.finish()
  // Upload bytes in the kernel must not delay the next measurement.
  for (const socket of bulk.sockets) socket.resetAndDestroy()
  const since = ({ atMs, tookMs }) => ({ atMs: atMs - began, tookMs })
  return { beganAtMs, idle: idle.map(since), echoes: echoes.map(since), opens: opens.map(since) }
}

async function startTyping(route, everyMs) {
  const connection = await dial(route)
  connection.socket.write(want('e'))
  const under = []
  let done = []
  connection.receive = (bytes) => {
    for (let count = 0; count < bytes.length; count++) {
      const atMs = under.shift()
      done.push({ atMs, tookMs: performance.now() - atMs })
    }
  }
  const timer = setInterval(() => {
    under.push(performance.now())
    connection.socket.write(byte)
  }, everyMs)
  return {
    take: () => done.splice(0),
    async finish() {
      clearInterval(timer)
      for (const deadline = performance.now() + lastEchoMs; under.length > 0 && performance.now() < deadline;)
        await sleep(10)
      connection.socket.destroy()
      const lost = under.map((atMs) => ({ atMs, tookMs: performance.now() - atMs }))
      done = [...done, ...lost]
      return done
    },
  }
}

/** Longest wait for the last echoes, in milliseconds; after it they count with the time so far. */
const lastEchoMs = 15_000

async function openBulk(route, direction, streams) {
  // All connections are opened before the first one is loaded: otherwise each would wait for the load of the earlier
  // ones.
  const connections = await Promise.all(Array.from({ length: streams }, () => dial(route)))
  const bulk = { sockets: connections.map(({ socket }) => socket), receivedBytes: 0 }
  for (const connection of connections) {
    connection.receive = (chunk) => (bulk.receivedBytes += chunk.length)
    connection.socket.write(want(direction === 'down' ? 'd' : 'u', chunkBytes))
    if (direction === 'up') pour(connection.socket, chunkBytes)
  }
  return bulk
}

const chunkBytes = 65_536

function startOpening(route, everyMs) {
  const done = []
  const open = async () => {
    const atMs = performance.now()
    const connection = await dial(route)
    connection.socket.write(Buffer.concat([want('e'), byte]))
    await next(connection)
    done.push({ atMs, tookMs: performance.now() - atMs })
    connection.socket.destroy()
  }
  const timer = setInterval(() => void open().catch(() => {}), everyMs)
  return {
    stop() {
      clearInterval(timer)
      return done
    },
  }
}
