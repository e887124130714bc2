import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type Logger, silentLogger } from '@ls/mux'
import {
  type AcceptedRequest,
  type Account,
  accounts,
  type Authenticator,
  performServerHandshake,
  SocksError,
} from '@ls/socks5'
import { type Failure, replyOf } from '../failure.js'
import type { PayloadOptions } from '../payload-sender.js'
import { listenError } from './listen-error.js'
import type { SessionPicker } from './opener.js'
import { serveTcp } from './tcp.js'
import { type InboundUdpOptions, serveUdpAssociate } from './udp.js'

export interface InboundOptions extends PayloadOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 for any free port. */
  readonly port: number
  /** Who may use the port; empty for everybody. @default [] */
  readonly accounts?: readonly Account[]
  /** Chooses the session for each channel. */
  readonly pick: SessionPicker
  /** Answer success before the peer has. @default false */
  readonly fastOpen?: boolean
  /** Time for the proxy handshake of a client. @default 10000 */
  readonly handshakeDeadlineMs?: number
  /** Connections open at once. @default 65536 */
  readonly maxConnections?: number
  readonly udp?: InboundUdpOptions
  /** Address told to UDP clients. @default the address the client reached */
  readonly udpAdvertise?: string
  /** @default silent */
  readonly logger?: Logger
}

/** The half that accepts proxy clients: one listening port whose connections become channels. */
export class Inbound {
  readonly #options: InboundOptions
  readonly #logger: Logger
  readonly #auth: Authenticator | undefined
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  constructor(options: InboundOptions) {
    this.#options = options
    this.#logger = options.logger ?? silentLogger
    this.#auth = options.accounts === undefined || options.accounts.length === 0 ? undefined : accounts(options.accounts)
  }

  /** Proxy clients connected now. */
  get connectionCount(): number {
    return this.#sockets.size
  }

  get address(): { host: string; port: number } | undefined {
    const address = this.#server?.address()
    return address === null || typeof address !== 'object' ? undefined : { host: address.address, port: address.port }
  }

  /** Opens the port. @throws ListenError when it is taken or not ours to take */
  async listen(): Promise<{ host: string; port: number }> {
    const { host = '127.0.0.1', port, maxConnections = 65_536 } = this.#options
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      void this.#serve(socket)
    })
    server.maxConnections = maxConnections
    this.#server = server
    server.listen({ host, port })
    try {
      await once(server, 'listening')
    } catch (error) {
      throw listenError(error, 'SOCKS', host, port)
    }
    server.on('error', (error) => this.#logger.error({ err: error }, `SOCKS port: ${error.message}`))
    if (this.#auth === undefined && !isLoopback(host)) {
      this.#logger.warn({ host, port }, 'the SOCKS port is public and asks for no password: anyone can use it')
    }
    return this.address ?? { host, port }
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy()
    }, graceMs)
    await closed
    clearTimeout(cut)
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    try {
      const accepted = await performServerHandshake(socket, {
        udp: true,
        ...(this.#auth === undefined ? {} : { auth: this.#auth }),
        ...(this.#options.handshakeDeadlineMs === undefined ? {} : { deadlineMs: this.#options.handshakeDeadlineMs }),
      })
      await this.#serveRequest(accepted)
    } catch (error) {
      const { remoteAddress } = socket
      if (error instanceof SocksError) this.#logger.debug({ remoteAddress, code: error.code }, error.message)
      else this.#logger.error({ err: error, remoteAddress }, 'a proxy client could not be served')
      socket.destroy()
    }
  }

  async #serveRequest(accepted: AcceptedRequest<Socket>): Promise<void> {
    const { socket, request, reply } = accepted
    if (request.command === 'udp-associate') return serveUdpAssociate(accepted, { ...this.#options, logger: this.#logger })
    const { host, port } = request.destination
    await serveTcp(
      {
        socket,
        target: { host, port },
        succeed: () => reply('succeeded'),
        fail: (failure: Failure) => reply(replyOf(failure.word) as 'failed'),
      },
      { ...this.#options, logger: this.#logger },
    )
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
