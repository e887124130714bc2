import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type Logger, silentLogger } from '@ls/mux'
import type { HttpProxy } from '@ls/http-proxy'
import { type Account, accounts, type Authenticator } from '@ls/socks5'
import type { PayloadOptions } from '../payload-sender.js'
import { firstBytes } from './first-bytes.js'
import { makeHttpProxy } from './http.js'
import { listenError } from './listen-error.js'
import type { SessionPicker } from './opener.js'
import { serveSocks, type ServeSocksOptions } from './socks.js'
import type { InboundUdpOptions } from './udp.js'

export interface InboundOptions extends PayloadOptions {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 for any free port. */
  readonly port: number
  /** Who may use the port; empty for everybody. @default [] */
  readonly accounts?: readonly Account[]
  /** What clients may speak; `auto` tells it from the first byte. @default 'auto' */
  readonly inbound?: 'auto' | 'socks' | 'http'
  /** Take HTTP requests that do not name their target in full, by their Host. @default false */
  readonly httpTransparent?: boolean
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
  readonly #serving: ServeSocksOptions
  readonly #http: HttpProxy
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined

  constructor(options: InboundOptions) {
    this.#options = options
    this.#logger = options.logger ?? silentLogger
    const users = options.accounts ?? []
    this.#auth = users.length === 0 ? undefined : accounts(users)
    this.#serving = {
      ...options,
      auth: this.#auth,
      handshakeDeadlineMs: options.handshakeDeadlineMs ?? defaultHandshakeDeadlineMs,
      logger: this.#logger,
    }
    this.#http = makeHttpProxy({ ...this.#serving, accounts: users, maxConnections: options.maxConnections ?? 65_536 })
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
    const { handshakeDeadlineMs } = this.#serving
    try {
      const head = await firstBytes(socket, handshakeDeadlineMs)
      if (head === undefined) return
      if (this.#speaksSocks(head)) await serveSocks(socket, head, this.#serving)
      else this.#http.serve(socket, head)
    } catch (error) {
      this.#logger.error({ err: error, remoteAddress: socket.remoteAddress }, 'a proxy client could not be served')
      socket.destroy()
    }
  }

  /** SOCKS names its version in the first byte; no HTTP method begins with either. */
  #speaksSocks(head: Uint8Array): boolean {
    const { inbound = 'auto' } = this.#options
    if (inbound !== 'auto') return inbound === 'socks'
    return head[0] === 0x05 || head[0] === 0x04
  }
}

/** protocol.md leaves it open; clients answer within a round trip, and each waiting one holds a socket. */
const defaultHandshakeDeadlineMs = 10_000

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
