import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Logger } from '@ls/foundation'
import { type Authenticator, SocksError } from '@ls/socks5'
import { performServerHandshake } from '@ls/socks5/node'
import { RelayError } from '../errors.js'
import type { Failure } from '../errors.js'
import { replyOf } from '../failure.js'
import { parseTarget } from '../target.js'
import { serveTcp, type ServeTcpOptions } from './tcp.js'
import { type InboundUdpOptions, serveUdpAssociate } from './udp.js'
import { watchGone } from './watch-gone.js'

export interface ServeSocksOptions extends ServeTcpOptions {
  /** Checks accounts. @default no authentication */
  readonly auth: Authenticator | undefined
  readonly handshakeTimeoutMs: number
  /** Called when a client has authenticated. */
  readonly onProven: (socket: Duplex) => void
  /** Called when a client has sent a wrong user name or password. */
  readonly onWrongAccount: (socket: Duplex) => void
  readonly udp?: InboundUdpOptions | undefined
  readonly udpAdvertise?: string | undefined
  readonly logger: Logger
}

/** Serves a client that speaks SOCKS 4, 4a or 5; `head` contains the bytes already read. */
export async function serveSocks(socket: Duplex, head: Uint8Array, options: ServeSocksOptions): Promise<void> {
  const { auth, handshakeTimeoutMs: timeoutMs, logger, onProven } = options
  try {
    const accepted = await performServerHandshake(socket, { initialBytes: head, udp: true, auth, timeoutMs })
    onProven(socket)
    const { request, reply } = accepted
    if (request.command === 'udp-associate') {
      // A byte stream over WebSocket has no address at which its client could receive datagrams.
      if (!(socket instanceof Socket)) return reply('forbidden')
      return await serveUdpAssociate({ ...accepted, socket }, options)
    }
    const target = parseTarget(request.destination)
    if (target instanceof RelayError) {
      logger.debug({ reason: target.reply }, target.message)
      return reply(replyOf(target.reply))
    }
    const gone = watchGone(socket)
    const fail = ({ word }: Failure): void => reply(replyOf(word))
    const succeed = (): Duplex => {
      reply('succeeded')
      return socket
    }
    await serveTcp({ target, signal: gone.signal, fail, succeed }, options)
    gone.release()
  } catch (error) {
    if (!(error instanceof SocksError)) throw error
    if (error.code === 'ERR_SOCKS_AUTH_FAILED') options.onWrongAccount(socket)
    const { remoteAddress } = socket as Partial<Socket>
    logger.debug({ remoteAddress, code: error.code }, error.message)
  }
}
