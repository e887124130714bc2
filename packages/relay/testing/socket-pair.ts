import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterTest } from './cleanup.js'

export interface SocketPair {
  /** The accepted socket, in the state of an inbound's: paused, half-open. */
  readonly ours: Socket
  /** The application at the other end. */
  readonly application: Socket
}

/** Two ends of a TCP connection on this machine. */
export async function socketPair(): Promise<SocketPair> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const application = connect({
    port: (server.address() as { port: number }).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  })
  application.on('error', () => {})
  const [ours] = (await once(server, 'connection')) as [Socket]
  server.close()
  afterTest(() => {
    ours.destroy()
    application.destroy()
  })
  return { ours, application }
}
