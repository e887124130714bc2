import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { dial } from '@ls/dial'
import { maxTimerMs } from '@ls/foundation'
import type { Target } from './message/authority.js'

/** Information for a dial about its request. */
export interface DialInfo {
  /** `connect` for a tunnel, `http` for a connection that plain requests share. */
  readonly kind: 'connect' | 'http'
  /** The client's address; undefined where there is none, as on a UNIX socket. */
  readonly source: Target | undefined
  /** The client's account; undefined if the proxy asks for none. */
  readonly user: string | undefined
  /** Aborts when the client has gone or `dialDeadlineMs` is over. */
  readonly signal: AbortSignal
}

/**
 * Reaches a target. The stream must be half-open (`allowHalfOpen`) to carry half-closes. A rejection becomes the status
 * of its `reply` (a word of protocol.md §4), else of its system error code, else 502, with its message as the text.
 */
export type Dial = (target: Target, info: DialInfo) => Promise<Duplex>

/** Reaches targets by plain TCP from this machine, by any of their addresses (RFC 8305). */
export function dialDirect(target: Target, { signal }: { readonly signal: AbortSignal }): Promise<Socket> {
  // The deadline is the caller's.
  return dial(target, { signal, timeoutMs: maxTimerMs })
}
