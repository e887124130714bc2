import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Attempt } from './attempt.js'
import { asError, systemCodeOf, TransportError, type TransportErrorCode } from './errors.js'

/** Opens the connection below the WebSocket in some other way, for instance through a SOCKS proxy. */
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<Duplex>

/**
 * How long one address of a host may take before the next is tried, in milliseconds. Node's 250 gives up on satellite
 * and mobile paths that do answer.
 */
const NEXT_ADDRESS_MS = 1000

const CODES: Readonly<Record<string, [code: TransportErrorCode, cause: string]>> = {
  ECONNREFUSED: ['ERR_TRANSPORT_REFUSED', 'nothing listens there: is the server running, and the port right?'],
  ENOENT: ['ERR_TRANSPORT_REFUSED', 'there is no such socket: is the server running, and the path right?'],
  EACCES: ['ERR_TRANSPORT_REFUSED', 'this user may not open that socket'],
  ENOTFOUND: ['ERR_TRANSPORT_DNS', 'no such host: is the name right?'],
  EAI_AGAIN: ['ERR_TRANSPORT_DNS', 'the name server does not answer: is this machine online?'],
  ETIMEDOUT: ['ERR_TRANSPORT_TIMEOUT', 'no answer: a firewall may drop the packets'],
  EHOSTUNREACH: ['ERR_TRANSPORT_UNREACHABLE', 'no route to the host'],
  ENETUNREACH: ['ERR_TRANSPORT_UNREACHABLE', 'no route to its network: is this machine online?'],
}

/** A TCP connection; tries the addresses of `host` in turn. */
export function dialTcp(host: string, port: number, attempt: Attempt): Promise<Socket> {
  return attempt.step(`connecting to ${formatHostPort(host, port)}`, (resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS })
    guard(socket)
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error) => reject(dialError(error, formatHostPort(host, port))))
    return () => socket.destroy()
  })
}

/** A connection to a UNIX socket of this machine. */
export function dialUnix(path: string, attempt: Attempt): Promise<Socket> {
  return attempt.step(`connecting to ${path}`, (resolve, reject) => {
    const socket = connect({ path })
    guard(socket)
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error) => reject(dialError(error, path)))
    return () => socket.destroy()
  })
}

/** The caller's own way to connect; a stream that comes too late is destroyed. */
export function dialBy(dial: Dial, host: string, port: number, attempt: Attempt): Promise<Duplex> {
  return attempt.step(`connecting to ${formatHostPort(host, port)} by the dial option`, (resolve, reject) => {
    const controller = new AbortController()
    let undone = false
    const take = (stream: Duplex): void => {
      guard(stream)
      if (undone) stream.destroy()
      else resolve(stream)
    }
    // The hook's error is the caller's own and says best what happened.
    dial(host, port, controller.signal).then(take, (error: unknown) => reject(error as Error))
    return () => {
      undone = true
      controller.abort()
    }
  })
}

export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Between two steps nobody listens, and an error without a listener would end the process; the next step sees it. */
export function guard(stream: Duplex): void {
  stream.on('error', () => {})
}

/** A failed connection in words, with the likely cause. */
function dialError(thrown: unknown, place: string): TransportError {
  const cause = asError(thrown)
  const [code, why] = CODES[systemCodeOf(cause)] ?? ['ERR_TRANSPORT_UNREACHABLE', cause.message]
  return new TransportError(code, `cannot connect to ${place}: ${why}`, { cause })
}
