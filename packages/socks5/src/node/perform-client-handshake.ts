import type { Duplex } from 'node:stream'
import { checkDurationMs } from '@ls/foundation'
import { ClientHandshake, type ClientHandshakeOptions, type EstablishedStep } from '../client-handshake.js'
import type { Established } from '../established.js'
import { defaultHandshakeTimeoutMs } from '../limits.js'
import { type HandshakeRun, runHandshake } from './run-handshake.js'

/** Request and time limit of {@link performClientHandshake}. */
export interface PerformClientHandshakeOptions extends ClientHandshakeOptions {
  /** Time for the whole handshake, in milliseconds. @default defaultHandshakeTimeoutMs (10 s) */
  readonly timeoutMs?: number | undefined
  /** Ends the handshake; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs the client's side of a handshake over a socket that reaches a proxy. Afterwards the socket is paused and begins
 * with the first byte from the target; with `udp-associate` it must stay open for as long as datagrams go to `bound`.
 *
 * If the promise rejects, the socket is destroyed. It rejects with a {@link SocksError}, or with the reason of
 * `signal`.
 */
export async function performClientHandshake(
  socket: Duplex,
  options: PerformClientHandshakeOptions,
): Promise<Established> {
  const { timeoutMs = defaultHandshakeTimeoutMs, signal } = options
  checkDurationMs('timeoutMs', timeoutMs)
  const handshake = new ClientHandshake(options)
  const deadline = { what: 'the handshake with the proxy', ms: timeoutMs }
  return runClientHandshake(socket, handshake, { signal, deadline })
}

export async function runClientHandshake(
  socket: Duplex,
  handshake: ClientHandshake,
  limits: Pick<HandshakeRun<EstablishedStep>, 'signal' | 'deadline'>,
): Promise<Established> {
  if (limits.signal?.aborted !== true && socket.writable) socket.write(handshake.start())
  const { bound } = await runHandshake(socket, { push: (bytes) => handshake.push(bytes), ...limits })
  return { bound }
}
