import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

export interface TestServer {
  readonly host: string
  readonly port: number
  /** Stops listening and cuts open connections. */
  close(): Promise<void>
}

export interface TestTcpServer extends TestServer {
  readonly sockets: ReadonlySet<Socket>
}

/** A TCP server on a free loopback port that allows half-open sockets and ignores socket errors. */
export async function tcpServer(onSocket: (socket: Socket) => void): Promise<TestTcpServer> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    onSocket(socket)
  })
  return Object.assign(await listenOnLoopback(server, sockets), { sockets })
}

/**
 * Sends back all received bytes, and ends its side when the client ends its own, so a half-closing client gets all of
 * them.
 */
export function echoServer(): Promise<TestTcpServer> {
  return tcpServer((socket) => socket.pipe(socket))
}

/** Starts `server` on a free loopback port. */
export async function listenOnLoopback(server: Server, sockets: ReadonlySet<Socket>): Promise<TestServer> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { host: '127.0.0.1', port: portOf(server), close: () => closeServer(server, sockets) }
}

async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  for (const socket of sockets) socket.destroy()
  await closed
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server listens on no TCP port')
  return address.port
}
