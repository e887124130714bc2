import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import { closing } from '../../stress/cleanup.js'
import type { Way } from './way.js'

/** An unusual but real target. `reach` must return the same result on every way. */
export interface Target {
  readonly title: string
  reach(way: Way): Promise<unknown>
}

/** Serves TCP at a free port of `host` until the test ends. */
export function tcpTarget(onSocket: (socket: Socket) => void, host = '127.0.0.1', port = 0): Promise<number> {
  return listen(createServer({ allowHalfOpen: true, noDelay: true }, onSocket), host, port)
}

/** Serves HTTP at a free port of 127.0.0.1 until the test ends. */
export function httpTarget(onRequest: RequestListener): Promise<number> {
  return listen(createHttpServer({ maxHeaderSize: 128 * 1024 }, onRequest), '127.0.0.1', 0)
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  })
  await once(server.listen(port, host), 'listening')
  closing({
    close: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  })
  return (server.address() as { port: number }).port
}
