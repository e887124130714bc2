import type { Duplex } from 'node:stream'
import { HttpProxyError, type Target as Asked } from '@ls/http-proxy'
import { type Account, type ConnectRequest, type DialInfo, HttpProxy } from '@ls/http-proxy/node'
import { RelayError } from '../errors.js'
import { parseTarget } from '../target.js'
import { openStream } from './open-stream.js'
import { serveTcp, type ServeTcpOptions } from './tcp.js'

export interface HttpInboundOptions extends ServeTcpOptions {
  readonly accounts: readonly Account[]
  readonly handshakeTimeoutMs: number
  readonly maxConnections: number
  readonly httpTransparent?: boolean | undefined
  readonly httpMaxHeadBytes?: number | undefined
  /** Called when a client has authenticated. */
  readonly onProven: (socket: Duplex) => void
  /** Called when a client has sent a wrong user name or password. */
  readonly onWrongAccount: (socket: Duplex) => void
}

/** HTTP proxy of an inbound: tunnels use the pump, plain requests use streams over channels. */
export function makeHttpProxy(options: HttpInboundOptions): HttpProxy {
  const { accounts, handshakeTimeoutMs, httpMaxHeadBytes, maxConnections, logger, onProven, onWrongAccount } = options
  const dial = (asked: Asked, { signal }: DialInfo): Promise<Duplex> => openStream(options, asked, signal)
  return new HttpProxy(
    {
      accounts: accounts.length === 0 ? undefined : accounts,
      maxHeadBytes: httpMaxHeadBytes,
      headTimeoutMs: handshakeTimeoutMs,
      maxConnections,
      transparent: options.httpTransparent ?? false,
      logger,
      onProven,
      onError: (error, _peer, socket) => {
        if (error instanceof HttpProxyError && error.code === 'ERR_HTTP_PROXY_AUTH') onWrongAccount(socket)
      },
      onConnect: (request) => void tunnel(request, options),
    },
    dial,
  )
}

async function tunnel(request: ConnectRequest, options: ServeTcpOptions): Promise<void> {
  const { signal } = request
  const target = parseTarget(request.target)
  if (target instanceof RelayError) return request.reject(target)
  await serveTcp(
    { target, signal, succeed: () => request.accept(), fail: (failure) => request.reject(new RelayError(failure)) },
    options,
  )
}
