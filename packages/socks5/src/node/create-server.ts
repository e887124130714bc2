import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { closeStream, discardStream, openPort } from '@ls/dial'
import { checkDurationMs, checkInteger, type Logger, RenewedSet, textOf } from '@ls/foundation'
import { SocksError } from '../errors.js'
import { defaultAnswerTimeoutMs, defaultHandshakeTimeoutMs, defaultMaxHandshakes } from '../limits.js'
import type { SocksRequest } from '../request.js'
import type { ServerHandshakeOptions } from '../server-handshake.js'
import { type Account, accounts } from './accounts.js'
import { Answer, type RequestAnswer } from './answer.js'
import { performServerHandshake } from './perform-server-handshake.js'
import { replyForError } from './reply-for-error.js'

/** Users, commands and limits of a {@link SocksServer}. */
export interface SocksServerOptions extends ServerHandshakeOptions {
  /** Accounts that may use the proxy, instead of `auth`. @default all clients */
  readonly accounts?: readonly Account[] | undefined
  /** Receives each failed handshake and each error of a handler, at `debug`. @default silent */
  readonly logger?: Pick<Logger, 'debug'> | undefined
  /** Time for a whole handshake, in milliseconds. @default defaultHandshakeTimeoutMs (10 s) */
  readonly handshakeTimeoutMs?: number | undefined
  /**
   * Time for the handler to answer, in milliseconds; then the client gets `timeout`. @default defaultAnswerTimeoutMs
   * (60 s)
   */
  readonly answerTimeoutMs?: number | undefined
  /** Concurrent handshakes; a client beyond the limit is cut. @default defaultMaxHandshakes (1024) */
  readonly maxHandshakes?: number | undefined
  /**
   * Called for each failed handshake and each error of a handler. `peer` is the client's address. Any client can cause
   * such errors, so limit their rate before you log them. @default does nothing
   */
  readonly onError?: ((error: unknown, peer: string | undefined) => void) | undefined
}

/** Serves one request. Its errors go to `onError`, and the client gets the reply that fits, as by `replyForError`. */
export type RequestHandler = (request: SocksRequest, answer: RequestAnswer) => void | Promise<void>

/** Address and port of a {@link SocksServer}. */
export interface ListenOptions {
  /** @default '127.0.0.1', since a proxy open to the network is a risk that must be explicit */
  readonly host?: string | undefined
  /** 0 lets the system choose. @default 1080, the port registered for SOCKS */
  readonly port?: number | undefined
}

/** A SOCKS server over TCP, made by {@link createServer}. */
export interface SocksServer {
  /** Resolves with the address in use once it accepts clients; rejects with a `ListenError`. */
  listen(options?: ListenOptions): Promise<{ readonly host: string; readonly port: number }>
  /** Stops listening and resets all clients, tunnels included; resolves when they are gone. */
  close(): Promise<void>
}

/**
 * Makes a SOCKS server that calls `onRequest` for each request. Clients that are silent, slow, half-open or not SOCKS
 * clients are closed within the deadline and never reach it.
 *
 * @example
 * const server = createServer({}, (request, answer) => answer.reject('forbidden'))
 * await server.listen({ port: 1080 })
 */
export function createServer(options: SocksServerOptions, onRequest: RequestHandler): SocksServer {
  return new TcpSocksServer(options, onRequest)
}

class TcpSocksServer implements SocksServer {
  readonly #options: SocksServerOptions
  readonly #onRequest: RequestHandler
  readonly #handshakeTimeoutMs: number
  readonly #answerTimeoutMs: number
  readonly #maxHandshakes: number
  readonly #server: Server
  readonly #sockets = new RenewedSet<Socket>()
  #handshakes = 0

  constructor(options: SocksServerOptions, onRequest: RequestHandler) {
    const { handshakeTimeoutMs = defaultHandshakeTimeoutMs, answerTimeoutMs = defaultAnswerTimeoutMs } = options
    this.#options = withAccounts(options)
    this.#onRequest = onRequest
    this.#handshakeTimeoutMs = checkDurationMs('handshakeTimeoutMs', handshakeTimeoutMs)
    this.#answerTimeoutMs = checkDurationMs('answerTimeoutMs', answerTimeoutMs)
    this.#maxHandshakes = checkInteger('maxHandshakes', options.maxHandshakes ?? defaultMaxHandshakes, 1)
    // Half-open, since an end of input is no end of output; no delay, since both sides wait for small messages.
    this.#server = createTcpServer({ allowHalfOpen: true, noDelay: true }, (socket) => void this.#serve(socket))
  }

  async listen({ host = '127.0.0.1', port = 1080 }: ListenOptions = {}): Promise<{ host: string; port: number }> {
    const address = await openPort(this.#server, { host, port }, 'the SOCKS proxy')
    this.#server.on('error', (error) => this.#report(error, undefined))
    return address
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      // The only error is that the server was not listening, which is no fault here.
      this.#server.close(() => resolve())
      for (const socket of this.#sockets) closeStream(socket)
    })
  }

  async #serve(socket: Socket): Promise<void> {
    const peer = socket.remoteAddress
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    try {
      const accepted = await this.#handshake(socket)
      const answer = new Answer(accepted, peer, this.#answerTimeoutMs)
      try {
        await this.#onRequest(accepted.request, answer)
      } catch (error) {
        answer.reject(replyForError(error))
        throw error
      }
    } catch (error) {
      this.#report(error, peer)
    }
  }

  async #handshake(socket: Socket) {
    if (this.#handshakes >= this.#maxHandshakes) {
      discardStream(socket)
      const text = `${this.#handshakes} concurrent handshakes; the limit is ${this.#maxHandshakes}`
      throw new SocksError('ERR_SOCKS_OVERLOADED', text)
    }
    this.#handshakes += 1
    try {
      return await performServerHandshake(socket, { ...this.#options, timeoutMs: this.#handshakeTimeoutMs })
    } finally {
      this.#handshakes -= 1
    }
  }

  #report(error: unknown, peer: string | undefined): void {
    this.#options.onError?.(error, peer)
    this.#options.logger?.debug({ err: error, peer }, `a client was not served: ${textOf(error)}`)
  }
}

function withAccounts(options: SocksServerOptions): SocksServerOptions {
  if (options.accounts === undefined) return options
  if (options.auth !== undefined) throw new TypeError('`accounts` and `auth` exclude each other')
  return { ...options, auth: accounts(options.accounts) }
}
