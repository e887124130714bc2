import { setTimeout as sleep } from 'node:timers/promises'
import { frameHeader, openWebSocket } from '../strangers.mjs'

const connections = 60
const frameBytes = 32 * 1024 * 1024
const holdMs = 3000
/** A whole binary message, a text message, the first fragment of either. */
const firstBytes = [0x82, 0x81, 0x02, 0x01]

export const halfFrames = {
  id: 'half-frames',
  title: 'stranger: 60 frames of 32 MiB, all but the last byte',
  run: async ({ port }) => {
    const body = Buffer.alloc(frameBytes - 1, 1)
    const sockets = []
    for (let count = 0; count < connections; count++) {
      const socket = await openWebSocket(port)
      socket.write(frameHeader(frameBytes, firstBytes[count % firstBytes.length]))
      socket.write(body)
      sockets.push(socket)
    }
    await sleep(holdMs)
    for (const socket of sockets) socket.destroy()
  },
}
