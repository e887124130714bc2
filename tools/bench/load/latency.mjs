import { once } from 'node:events'
import { dial, next, want } from './dial.mjs'

const byte = Buffer.from('x')

/** Returns the milliseconds until a byte is back over a new connection. */
export function connectTimes({ route, warmUp, count, limitMs }) {
  return repeat(warmUp, count, limitMs, async () => {
    const connection = await dial(route)
    connection.socket.write(Buffer.concat([want('e'), byte]))
    await next(connection)
    connection.socket.destroy()
  })
}

/** Returns the milliseconds for a byte there and back on an open connection. */
export async function roundTrips({ route, warmUp, count, limitMs }) {
  const connection = await dial(route)
  connection.socket.write(want('e'))
  const times = await repeat(warmUp, count, limitMs, () => {
    connection.socket.write(byte)
    return next(connection)
  })
  connection.socket.destroy()
  return times
}

/** Returns the milliseconds from the start of a connection to the end of an answer that ends with the connection. */
export function answerTimes({ route, warmUp, count, limitMs, bytes }) {
  return repeat(warmUp, count, limitMs, async () => {
    const connection = await dial(route)
    let received = 0
    connection.receive = (chunk) => (received += chunk.length)
    connection.socket.write(want('c', bytes))
    await once(connection.socket.resume(), 'end')
    connection.socket.destroy()
    if (received !== bytes) throw new Error(`an answer of ${bytes} bytes ended after ${received}`)
  })
}

/**
 * Returns the times of `count` actions in a row, or of as many as fit into `limitMs` but at least one, after up to
 * `warmUp` others.
 */
async function repeat(warmUp, count, limitMs, action) {
  const started = performance.now()
  const elapsedMs = () => performance.now() - started
  for (let index = 0; index < warmUp && elapsedMs() < limitMs / 4; index++) await action()
  const times = []
  while (times.length < count && (times.length === 0 || elapsedMs() < limitMs)) {
    const before = performance.now()
    await action()
    times.push(performance.now() - before)
  }
  return times
}
