import type { Socket } from 'node:net'
import type { Address } from '@ls/codec'
import { defaultDialTimeoutMs, dial as dialTcp, DialError, type NameResolver } from '@ls/dial'
import type { Cancellation } from '../cancellation.js'
import { RelayError } from '../errors.js'
import { formatTarget } from '../target.js'

/** Returns why a target must not be reached at one of its addresses; undefined if it may. */
export type AddressCheck = (address: string, port: number) => Error | undefined

/** Options of {@link dial}. */
export interface DialOptions {
  /** Cancels the dial; the promise then rejects with its reason. */
  readonly signal?: Cancellation | undefined
  /** Time for all attempts together, in milliseconds. @default 10000 (protocol.md §1, "connect timeout") */
  readonly timeoutMs?: number | undefined
  /** Called for each address before it is tried; refused addresses are skipped. @default none is refused */
  readonly check?: AddressCheck | undefined
  /** Resolves names. @default the shared resolver of the process */
  readonly resolver?: NameResolver | undefined
  /** Tenant, by identity: lookups of one tenant do not delay those of another. @default none */
  readonly tenant?: unknown
  /** Address of the client, if known: HTTP proxies may receive it. */
  readonly source?: string | undefined
}

/**
 * Opens a TCP connection to a target, by any of its addresses (RFC 8305). The socket is paused, keeps a half-open
 * connection and sends small writes immediately.
 *
 * @throws RelayError `timeout`; the error of `check` if it refuses every address; otherwise the error of the dial
 */
export async function dial(target: Address, options: DialOptions = {}): Promise<Socket> {
  const { timeoutMs = defaultConnectTimeoutMs, signal, check, resolver, tenant } = options
  // Node reads an empty host as this machine.
  if (target.host === '') throw new RelayError({ word: 'failed', detail: 'the target has no host' })
  try {
    return await dialTcp(target, { timeoutMs, signal, check, resolver, tenant, pause: true })
  } catch (cause) {
    if (!isTimeout(cause)) throw cause
    const text = `${formatTarget(target)} did not answer within ${timeoutMs} ms`
    throw new RelayError({ word: 'timeout', detail: text }, { cause })
  }
}

/** protocol.md §1: "connect timeout 10 s". */
export const defaultConnectTimeoutMs = defaultDialTimeoutMs

function isTimeout(error: unknown): boolean {
  return error instanceof DialError && error.code === 'ETIMEDOUT'
}
