import { setTimeout as sleep } from 'node:timers/promises'
import { openConnection, upgradeRequest } from '../strangers.mjs'

const connections = 6000
const batch = 100
const pauseMs = 20
const holdMs = 4000
/** A WebSocket that does not authenticate, a request that does not end, and silence. */
const openings = [upgradeRequest, upgradeRequest.slice(0, 40), '']

export const halfOpen = {
  id: 'half-open',
  title: 'stranger: 6,000 handshakes that stop half-way',
  run: async ({ port }) => {
    const sockets = []
    for (let count = 0; count < connections; count++) {
      const socket = openConnection(port)
      socket.write(openings[count % openings.length])
      sockets.push(socket.resume())
      if (count % batch === batch - 1) await sleep(pauseMs)
    }
    await sleep(holdMs)
    for (const socket of sockets) socket.destroy()
  },
}
