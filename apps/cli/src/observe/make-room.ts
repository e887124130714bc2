import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Cuts the oldest connection where a new one has no place: silent ones must not keep out others. */
export function makeRoom(server: Server, maxConnections: number): void {
  const open = new Set<Socket>()
  server.on('connection', (socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    const [oldest] = open
    if (open.size <= maxConnections || oldest === undefined) return
    open.delete(oldest)
    oldest.destroy()
  })
}
