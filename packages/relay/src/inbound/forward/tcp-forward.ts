import { createServer, type Socket } from 'node:net'
import type { Address } from '@ls/codec'
import { breakStream, closeStream } from '@ls/dial'
import { RenewedSet } from '@ls/foundation'
import { plainAddress } from '../../address/ip-address.js'
import type { Failure } from '../../errors.js'
import { failureOf } from '../../failure.js'
import { openServer } from '../../listen/open-server.js'
import { watchSocket } from '../../open-sockets.js'
import { encodeProxyHeader } from '../../upstream/proxy-header.js'
import { serveTcp } from '../tcp.js'
import { watchGone } from '../watch-gone.js'
import { formatForward, type TcpForward } from './forward-spec.js'
import type { PortForwardOptions, OpenForward } from './port-forward-options.js'
import { reportFailure } from './report-failure.js'

/** Opens a port whose connections all go to one target. @throws ListenError if it is taken or not permitted */
export async function openTcpForward(forward: TcpForward, options: PortForwardOptions): Promise<OpenForward> {
  const sockets = new RenewedSet<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    void serveForward(socket, forward, options)
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

/** Joins one connection, paused and unread, with the target of `forward`; resolves when it is joined or refused. */
export async function serveForward(socket: Socket, forward: TcpForward, options: PortForwardOptions): Promise<void> {
  watchSocket(socket)
  socket.on('error', () => {})
  const fail = (failure: Failure): void => {
    reportFailure(forward, failure, options)
    breakStream(socket)
  }
  try {
    const release = options.slots?.take()
    if (release !== undefined) socket.once('close', release)
  } catch (error) {
    return fail(failureOf(error, formatForward(forward)))
  }
  const gone = watchGone(socket)
  const { target } = forward
  await serveTcp({ target, signal: gone.signal, succeed: () => withHeader(socket, options), fail }, options)
  gone.release()
}

/** Socket whose PROXY header comes before the client's bytes. */
function withHeader(socket: Socket, { proxyHeader }: PortForwardOptions): Socket {
  if (proxyHeader === undefined) return socket
  const { remoteAddress, remotePort = 0, localAddress, localPort = 0 } = socket
  socket.unshift(encodeProxyHeader(proxyHeader, endOf(remoteAddress, remotePort), endOf(localAddress, localPort)))
  return socket
}

function endOf(address: string | undefined, port: number): Address | undefined {
  return address === undefined ? undefined : { host: plainAddress(address), port }
}

/** The same limit as for a proxy port. */
const maxConnections = 65_536
