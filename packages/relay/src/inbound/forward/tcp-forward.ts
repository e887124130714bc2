import { createServer, type Socket } from 'node:net'
import { breakStream, closeStream } from '@ls/http-proxy'
import { formatFailure } from '../../failure.js'
import { watchSocket } from '../../open-sockets.js'
import { watchGone } from '../gone.js'
import { openServer } from '../../listen/open-server.js'
import { serveTcp } from '../tcp.js'
import { formatForward, type TcpForward } from './forward-spec.js'
import type { ForwardOptions, OpenForward } from './forward-options.js'

/** Opens a port whose connections all go to one target. @throws ListenError if it is taken or not permitted */
export async function openTcpForward(forward: TcpForward, options: ForwardOptions): Promise<OpenForward> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    void serve(socket, forward, options)
  })
  server.maxConnections = maxConnections
  const listenOn = await openServer(server, forward.listenOn, 'the fixed port')
  server.on('error', (error) => options.logger.error({ err: error }, `fixed port: ${error.message}`))
  const close = async (graceMs: number): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    const cut = setTimeout(() => {
      for (const socket of sockets) closeStream(socket, new Error('the fixed port was closed'))
    }, graceMs)
    await closed
    clearTimeout(cut)
  }
  return { forward: { ...forward, listenOn }, close }
}

async function serve(socket: Socket, forward: TcpForward, options: ForwardOptions): Promise<void> {
  watchSocket(socket)
  socket.on('error', () => {})
  const gone = watchGone(socket)
  const { target } = forward
  await serveTcp(
    {
      target,
      signal: gone.signal,
      succeed: () => socket,
      fail: (failure) => {
        // The connection cannot carry the reason, so the owner of the port reads it in the log.
        options.logger.warn({ forward: formatForward(forward) }, `not reached: ${formatFailure(failure)}`)
        breakStream(socket)
      },
    },
    options,
  )
  gone.release()
}

/** As many as a proxy port has. */
const maxConnections = 65_536
