import { lookup as systemLookup } from 'node:dns'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import type { Address } from '@ls/codec'
import type { Cancellation } from '../cancellation.js'
import { RelayError } from '../errors.js'
import { formatTarget } from '../target.js'

/** Why a target may not be reached at an address of its; undefined where it may. */
export type AddressCheck = (address: string, port: number) => Error | undefined

export interface DialOptions {
  readonly signal?: Cancellation
  /** How long all attempts together may take. @default 10000 (protocol.md §1, "connect timeout") */
  readonly timeoutMs?: number
  /** Asked about each address before it is tried; what it refuses is left out. @default none is refused */
  readonly check?: AddressCheck
  /** Resolves names. @default the system's resolver */
  readonly lookup?: LookupFunction
  /** Address of the client on whose behalf, where it is known: HTTP proxies may be told of it. */
  readonly source?: string
}

/**
 * Opens a TCP connection to a target, trying its addresses in turn (RFC 8305). The socket is paused, keeps a
 * half-open connection and sends small writes at once.
 *
 * @throws RelayError `timeout`; the error of `check` where it refuses every address; otherwise Node's own error
 */
export function dial(target: Address, options: DialOptions = {}): Promise<Socket> {
  const { timeoutMs = defaultConnectTimeoutMs, signal, check } = options
  const name = formatTarget(target)
  // Node takes an empty host for this machine.
  if (target.host === '') return Promise.reject(new RelayError({ word: 'failed', detail: 'the target has no host' }))
  // Node asks no lookup about an address.
  const refusal = isIP(target.host) === 0 ? undefined : check?.(target.host, target.port)
  if (refusal !== undefined) return Promise.reject(refusal)
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect({
      host: target.host,
      port: target.port,
      allowHalfOpen: true,
      noDelay: true,
      autoSelectFamily: true,
      lookup: check === undefined ? (options.lookup ?? systemLookup) : checkedLookup(target, check, options.lookup),
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
function checkedLookup(target: Address, check: AddressCheck, lookup: LookupFunction = systemLookup): LookupFunction {
  return (host, options, callback) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [])
      const all = Array.isArray(found) ? found : [{ address: found, family: isIP(found) }]
      const refusals = all.map(({ address }) => check(address, target.port))
      const allowed = all.filter((_, index) => refusals[index] === undefined)
      if (allowed.length === 0) return callback(refusals[0] ?? null, [])
      if (options.all === true) return callback(null, allowed)
      const first = allowed[0]
      callback(null, first?.address ?? '', first?.family)
    })
}
