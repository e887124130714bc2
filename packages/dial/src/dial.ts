import { connect, isIP, type Socket } from 'node:net'
import { checkDurationMs, type Clock, systemClock } from '@ls/foundation'
import type { Cancellation } from './cancellation.js'
import type { Target } from './custom-dial.js'
import { DialError } from './errors.js'
import { type AttemptReport, type Family, Race } from './race.js'
import type { LookupOptions, NameResolver } from './resolve/name-resolver.js'
import { systemResolver } from './resolve/resolvers.js'

/** Time limit, resolver and socket settings of {@link dial}. */
export interface DialOptions extends LookupOptions {
  /** Time for the lookup and all attempts together, in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined
  /** Cancels the dial; the promise then rejects with its reason. */
  readonly signal?: Cancellation | undefined
  /** @default systemResolver */
  readonly resolver?: NameResolver | undefined
  /** Returns an error for an address that must not be tried; such addresses are skipped. @default all are allowed */
  readonly check?: ((address: string, port: number) => Error | undefined) | undefined
  /** Pauses the socket before it reads for the first time. @default false */
  readonly pause?: boolean | undefined
  /** Whether our side may continue to write when the other has ended. @default true */
  readonly allowHalfOpen?: boolean | undefined
  /** @default systemClock */
  readonly clock?: Clock | undefined
}

/** Long enough for DNS and three SYNs, in milliseconds. */
export const defaultDialTimeoutMs = 10_000

/**
 * Connects to a host by TCP, trying all its addresses as in RFC 8305. The socket sends small writes immediately.
 *
 * @throws The most informative failure: Node's own error of a socket, {@link DialError}, the error of `check` where
 *   it refused every address, or the reason of `signal`.
 */
export function dial(target: Target, options: DialOptions = {}): Promise<Socket> {
  const { host, port } = target
  const { timeoutMs = defaultDialTimeoutMs, signal, check, clock = systemClock } = options
  checkDurationMs('timeoutMs', timeoutMs)
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(abortReason(signal))
    let endLookup = (): void => {}
    const finish = (): void => {
      clock.clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      endLookup()
    }
    const fail = (error: Error): void => {
      finish()
      reject(error)
    }
    const race = new Race<Socket>({
      clock,
      check: check && ((address) => check(address, port)),
      attempt: (address, report) => attempt(address, port, options, report),
      onWon: (socket) => {
        finish()
        resolve(socket)
      },
      onFailed: fail,
    })
    const onTimeout = (): void =>
      race.giveUp(new DialError('ETIMEDOUT', `${host} did not answer on port ${port} within ${timeoutMs} ms`))
    const onAbort = (): void => {
      race.cancel()
      fail(abortReason(signal))
    }
    const timer = clock.setTimeout(onTimeout, timeoutMs)
    signal?.addEventListener('abort', onAbort, { once: true })
    endLookup = answerRace(race, host, options)
  })
}

/** Gives the race its addresses. An IP address needs no resolver. */
function answerRace(race: Race<Socket>, host: string, options: DialOptions): () => void {
  const { resolver = systemResolver, tenant } = options
  const family = isIP(host)
  if (family === 0) return resolver.lookup(host, (each, answer) => race.answer(each, answer), { tenant })
  race.answer(family === 6 ? 4 : 6, { addresses: [] })
  race.answer(family as Family, { addresses: [host] })
  return () => {}
}

function attempt(host: string, port: number, options: DialOptions, report: AttemptReport<Socket>): () => void {
  const { pause = false, allowHalfOpen = true } = options
  const socket = connect({ host, port, allowHalfOpen, noDelay: true })
  // One permanent listener: an error may also come before the owner of the socket listens, and shows as a close then.
  socket.on('error', (error) => report.lost(error))
  socket.once('connect', () => {
    // Before Node's first read, which follows this event.
    if (pause) socket.pause()
    report.won(socket)
  })
  return () => socket.destroy()
}

function abortReason(signal: Cancellation | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('dialling was aborted', { cause: signal?.reason })
}
