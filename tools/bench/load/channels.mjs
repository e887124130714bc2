import { setTimeout as sleep } from 'node:timers/promises'
import { dial, next, want } from './dial.mjs'

/** Connections or messages at the same time: enough to keep both ends busy, and no more. */
const atOnce = 32
const byte = Buffer.from('x')

const open = []

/** Opens echo connections until there are `count`, each of which has carried a byte. */
export async function openChannels({ route, count }) {
  let missing = count - open.length
  await inParallel(async () => {
    if (missing-- <= 0) return false
    const connection = await dial(route)
    connection.socket.write(Buffer.concat([want('e'), byte]))
    await next(connection)
    open.push(connection)
    return true
  })
}

/**
 * Sends messages of a byte over all open channels in turn, and waits for their echoes: `count` messages, or as many as
 * fit into `limitMs`. Returns the number of echoes, since a peer may lose some. Each channel has only one message in
 * flight: two echoes may arrive in one piece, and would count as one.
 */
export async function useChannels({ count, limitMs }, mark) {
  let [sent, answered] = [0, 0]
  let over = false
  const deadline = sleep(limitMs).then(() => (over = true))
  mark('begin')
  const done = inParallel(async (turn, worker) => {
    const own = Math.ceil((open.length - worker) / atOnce)
    if (own <= 0 || sent >= count || over) return false
    sent++
    const connection = open[worker + (turn % own) * atOnce]
    connection.socket.write(byte)
    await next(connection)
    answered++
    return true
  })
  await Promise.race([done, deadline])
  mark('end')
  return answered
}

export function closeChannels() {
  for (const { socket } of open.splice(0)) socket.destroy()
}

/** Runs workers in parallel; each calls `work(turn, worker)` repeatedly until that returns false. */
async function inParallel(work) {
  const runWorker = async (_, worker) => {
    for (let turn = 0; await work(turn, worker); turn++);
  }
  await Promise.all(Array.from({ length: atOnce }, runWorker))
}
