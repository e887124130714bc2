import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Dial, dial, type NameResolver, serverResolver } from '@ls/dial'
import { asError, formatHostPort, maxTimerMs } from '@ls/foundation'
import { systemCodeOf, TransportError, type TransportErrorCode } from '../errors.js'
import type { Attempt } from './attempt.js'

const codes: Readonly<Record<string, [code: TransportErrorCode, cause: string]>> = {
  ECONNREFUSED: ['ERR_TRANSPORT_REFUSED', 'nothing listens there (is the server running, and the port right?)'],
  ENOENT: ['ERR_TRANSPORT_REFUSED', 'there is no such socket (is the server running, and the path right?)'],
  EACCES: ['ERR_TRANSPORT_REFUSED', 'this user may not open that socket'],
  ENOTFOUND: ['ERR_TRANSPORT_DNS', 'no such host (is the name right?)'],
  EAI_NODATA: ['ERR_TRANSPORT_DNS', 'the host has no address (is the name right?)'],
  EAI_AGAIN: ['ERR_TRANSPORT_DNS', 'the name server does not answer (is this machine online?)'],
  ETIMEDOUT: ['ERR_TRANSPORT_TIMEOUT', 'no answer: a firewall may drop the packets'],
  EHOSTUNREACH: ['ERR_TRANSPORT_UNREACHABLE', 'no route to the host'],
  ENETUNREACH: ['ERR_TRANSPORT_UNREACHABLE', 'no route to its network (is this machine online?)'],
}

/** Opens a TCP connection, by any of the addresses of `host` (RFC 8305). */
export function dialTcp(
  host: string,
  port: number,
  attempt: Attempt,
  resolver: NameResolver = serverResolver,
): Promise<Socket> {
  const place = formatHostPort(host, port)
  return abortable(`connecting to ${place}`, attempt, async (signal) => {
    try {
      // The attempt's own deadline gives the better error.
      return await dial({ host, port }, { signal, resolver, timeoutMs: maxTimerMs, allowHalfOpen: false })
    } catch (error) {
      throw dialError(error, place)
    }
  })
}

/** Opens a connection to a UNIX socket of this machine. */
export function dialUnix(path: string, attempt: Attempt): Promise<Socket> {
  return attempt.step(`connecting to ${path}`, (resolve, reject) => {
    const socket = connect({ path })
    guard(socket)
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error) => reject(dialError(error, path)))
    return () => socket.destroy()
  })
}

/** Connects with the caller's function. Its error is passed on, since its text is the most specific. */
export function dialBy(hook: Dial, host: string, port: number, attempt: Attempt): Promise<Duplex> {
  const stage = `connecting to ${formatHostPort(host, port)} by the dial option`
  return abortable(stage, attempt, (signal) => hook({ host, port }, { signal }))
}

/** Runs a step that a signal can end; a stream that comes too late is destroyed. */
function abortable<S extends Duplex>(
  stage: string,
  attempt: Attempt,
  open: (signal: AbortSignal) => Promise<S>,
): Promise<S> {
  return attempt.step(stage, (resolve, reject) => {
    const controller = new AbortController()
    let undone = false
    const take = (stream: S): void => {
      guard(stream)
      if (undone) stream.destroy()
      else resolve(stream)
    }
    open(controller.signal).then(take, (error: unknown) => reject(error as Error))
    return () => {
      undone = true
      controller.abort()
    }
  })
}

/**
 * Adds an error listener: between two steps the stream has no owner, and an error without a listener would end the
 * process. The next step still receives it.
 */
export function guard(stream: Duplex): void {
  stream.on('error', () => {})
}

/** Describes a failed connection, with the likely cause. */
function dialError(thrown: unknown, place: string): TransportError {
  const cause = asError(thrown)
  const [code, why] = codes[systemCodeOf(cause)] ?? ['ERR_TRANSPORT_UNREACHABLE', cause.message]
  return new TransportError(code, `cannot connect to ${place}: ${why}`, { cause })
}
