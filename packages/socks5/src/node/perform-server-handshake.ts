import type { Duplex } from 'node:stream'
import { checkDurationMs } from '@ls/foundation'
import type { Destination } from '../destination.js'
import { defaultHandshakeTimeoutMs } from '../limits.js'
import type { ReplyCode } from '../reply.js'
import type { SocksRequest } from '../request.js'
import { ServerHandshake, type ServerHandshakeOptions } from '../server-handshake.js'
import { endGracefully } from './end-gracefully.js'
import { runHandshake } from './run-handshake.js'

/** Admitted users and time limit of {@link performServerHandshake}. */
export interface PerformServerHandshakeOptions extends ServerHandshakeOptions {
  /** Bytes already read from the socket, such as the first byte that identified SOCKS. @default none */
  readonly initialBytes?: Uint8Array | undefined
  /** Time for the whole handshake, in milliseconds. @default defaultHandshakeTimeoutMs (10 s) */
  readonly timeoutMs?: number | undefined
  /** Ends the handshake; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** A client that waits for an answer. */
export interface AcceptedRequest<S extends Duplex = Duplex> {
  /** The client's request. */
  readonly request: SocksRequest
  /** Paused; its first bytes are those after the request. `error` events are handled: listen for `close`. */
  readonly socket: S
  /**
   * Answers, once. `succeeded` leaves the socket open and paused; any other code closes it. `bound` as in
   * {@link ServerHandshake.reply}. Does nothing if the client has gone.
   *
   * @throws {TypeError} the second time
   */
  readonly reply: (code: ReplyCode, bound?: Destination) => void
}

/**
 * Runs the server's side of a handshake over a socket. For half-close in the tunnel, the socket's server needs
 * `allowHalfOpen`.
 *
 * If the promise rejects, the client has received the reason as far as the protocol allows, and the socket is closed
 * within `lingerMs`. It rejects with a {@link SocksError}, or with the reason of `signal`.
 *
 * @example
 * const { request, socket, reply } = await performServerHandshake(client, { timeoutMs: 5000 })
 * const target = await dial(request.destination)
 * reply('succeeded')
 * pipeline(socket, target, socket, () => {})
 */
export async function performServerHandshake<S extends Duplex>(
  socket: S,
  options: PerformServerHandshakeOptions = {},
): Promise<AcceptedRequest<S>> {
  const { initialBytes, timeoutMs = defaultHandshakeTimeoutMs, signal } = options
  checkDurationMs('timeoutMs', timeoutMs)
  const handshake = new ServerHandshake(options)
  const push = (bytes: Uint8Array) => handshake.push(bytes)
  const deadline = { what: 'the handshake', ms: timeoutMs }
  const { request } = await runHandshake(socket, { push, initialBytes, signal, deadline })
  return { request, socket, reply: (code, bound) => answer(socket, code, handshake.reply(code, bound)) }
}

function answer(socket: Duplex, code: ReplyCode, bytes: Uint8Array): void {
  if (code !== 'succeeded') endGracefully(socket, bytes)
  else if (socket.writable) socket.write(bytes)
}
