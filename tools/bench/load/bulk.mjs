import { setTimeout as sleep } from 'node:timers/promises'
import { dial, want } from './dial.mjs'
import { pour } from './pour.mjs'

/**
 * Streams that download or upload as fast as they can, measured between two marks. Downloads are counted here, and
 * uploads by the target.
 *
 * @param {{ route: object, direction: 'down' | 'up', streams: number, bytes: number, warmUpMs: number, durationMs:
 * number }} load `bytes`: size of the application's writes
 */
export async function bulk({ route, direction, streams, bytes, warmUpMs, durationMs }, mark) {
  const flow = await openStreams(route, direction, streams, bytes)
  await sleep(warmUpMs)
  mark('begin', flow.receivedBytes)
  await sleep(durationMs)
  mark('end', flow.receivedBytes)
  const broken = flow.connections.filter(({ socket }) => socket.destroyed).length
  for (const { socket } of flow.connections) socket.destroy()
  if (broken > 0) throw new Error(`${broken} of ${streams} streams ended before their time`)
}

async function openStreams(route, direction, streams, bytes) {
  const connections = await Promise.all(Array.from({ length: streams }, () => dial(route)))
  const flow = { connections, receivedBytes: 0 }
  for (const connection of connections) {
    connection.receive = (chunk) => (flow.receivedBytes += chunk.length)
    connection.socket.write(want(direction === 'down' ? 'd' : 'u', bytes))
    if (direction === 'up') pour(connection.socket, bytes)
  }
  return flow
}
