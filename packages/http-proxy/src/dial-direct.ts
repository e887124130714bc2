import type { Socket } from 'node:net'
import { dial, type DialRequest, type Target } from '@ls/dial'
import { maxTimerMs } from '@ls/foundation'

/**
 * Arguments of the proxy's `dial`. The signal aborts when the client has gone or `dialTimeoutMs` is over. A rejection
 * becomes the status of its `reply` (a word of protocol.md §4), else of its system error code, else 502, with its
 * message as the text.
 */
export interface DialInfo extends DialRequest {
  /** `connect` for a tunnel, `http` for a connection that plain requests share. */
  readonly kind: 'connect' | 'http'
  /** The client's address; undefined where there is none, as on a UNIX socket. */
  readonly source: Target | undefined
  /** The client's account; undefined if the proxy requires none. */
  readonly user: string | undefined
}

/** Reaches targets by plain TCP from this machine, by any of their addresses (RFC 8305). */
export function dialDirect(target: Target, { signal }: DialRequest): Promise<Socket> {
  // The deadline is the caller's.
  return dial(target, { signal, timeoutMs: maxTimerMs })
}
