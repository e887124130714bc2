import { lookup as systemLookup } from 'node:dns'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import type { Address } from '@ls/codec'
import type { Cancellation } from '../cancellation.js'
import { RelayError } from '../errors.js'
import { formatTarget } from '../target.js'
import type { AccessRules } from './access-rules.js'

export interface DialOptions {
  readonly signal?: Cancellation
  /** How long all attempts together may take. @default 10000 (protocol.md §1, "connect timeout") */
  readonly timeoutMs?: number
  /** Which targets are allowed. @default all */
  readonly access?: AccessRules
  /** Resolves names. @default the system's resolver */
  readonly lookup?: LookupFunction
  /** Address of the client on whose behalf, where it is known: HTTP proxies may be told of it. */
  readonly source?: string
}

/**
 * Opens a TCP connection to a target, trying its addresses in turn (RFC 8305). The socket is paused, keeps a
 * half-open connection and sends small writes at once.
 *
 * @throws RelayError `timeout` or `forbidden`; otherwise Node's own error
 */
export function dial(target: Address, options: DialOptions = {}): Promise<Socket> {
  const { timeoutMs = defaultConnectTimeoutMs, signal, access } = options
  const name = formatTarget(target)
  // Node takes an empty host for this machine.
  if (target.host === '') return Promise.reject(new RelayError({ word: 'failed', detail: 'the target has no host' }))
  if (access !== undefined && isIP(target.host) !== 0 && !access.allows(target)) return Promise.reject(forbidden(name))
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect({
      host: target.host,
      port: target.port,
      allowHalfOpen: true,
      noDelay: true,
      autoSelectFamily: true,
      lookup: access === undefined ? (options.lookup ?? systemLookup) : guardedLookup(target, access, options.lookup),
    })
    const fail = (error: Error): void => {
      finish()
      socket.destroy()
      reject(error)
    }
    const timer = setTimeout(
      () => fail(new RelayError({ word: 'timeout', detail: `${name} did not answer within ${timeoutMs} ms` })),
      timeoutMs,
    )
    const onAbort = (): void =>
      fail(signal?.reason instanceof Error ? signal.reason : new Error('dialling was aborted'))
    const finish = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', fail)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('error', fail)
    socket.once('connect', () => {
      finish()
      socket.pause()
      resolve(socket)
    })
  })
}

/** protocol.md §1: "connect timeout 10 s". */
export const defaultConnectTimeoutMs = 10_000

/** Checks what a name resolves to, so that a name cannot lead where its address may not. */
function guardedLookup(target: Address, access: AccessRules, lookup: LookupFunction = systemLookup): LookupFunction {
  return (host, options, callback) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [])
      const all = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }]
      const allowed = all.filter(({ address }) => access.allowsResolved(target, address))
      if (allowed.length === 0) return callback(forbidden(formatTarget(target)), [])
      if (options.all === true) return callback(null, allowed)
      const first = allowed[0]
      callback(null, first?.address ?? '', first?.family)
    })
}

function forbidden(target: string): RelayError {
  return new RelayError({ word: 'forbidden', detail: `${target} is not among the allowed targets` })
}
