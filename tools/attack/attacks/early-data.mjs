import { once } from 'node:events'
import { openConnection, upgradeRequest } from '../strangers.mjs'

const workers = 64
const durationMs = 6000
/** The most early data that the server accepts: 4 KiB, in messages of 1 KiB. */
const messages = Array.from({ length: 4 }, (_, index) => Buffer.alloc(1000, index).toString('base64url'))
const request = upgradeRequest.replace('\r\n\r\n', `\r\nSec-WebSocket-Protocol: ${messages.join(', ')}\r\n\r\n`)

export const earlyData = {
  id: 'early-data',
  title: 'stranger: upgrades with as much early data as is accepted, 64 at a time',
  run: async ({ port }) => {
    const until = performance.now() + durationMs
    const work = async () => {
      while (performance.now() < until) {
        const socket = openConnection(port)
        socket.write(request)
        await Promise.race([once(socket, 'data'), once(socket, 'close')])
        socket.destroy()
      }
    }
    await Promise.all(Array.from({ length: workers }, work))
  },
}
