import type { Session, SessionOptions } from '@ls/mux'
import type { PathProtocol } from './puncher.js'

/** Options of sessions on the direct path: the limits of the owner. */
export type DirectSessionOptions = Pick<
  SessionOptions,
  'clock' | 'logger' | 'graceMs' | 'replayLimitBytes' | 'budgetBytes' | 'parentBudget' | 'idleLimitMs' | 'windowBytes'
> & {
  /** Whether this end makes spans, so that traces may go on at the other one. @default false */
  readonly trace?: boolean | undefined
}

/** First credit of a channel, in bytes: both ends use it, so it is not announced (protocol.md §3.10). */
const firstWindowBytes = 4096

/** Terms of version 1: all extensions of a link that concern channels; `trace` if the peer makes spans as well. */
export function sessionTerms(
  { windowBytes, trace = false, ...options }: DirectSessionOptions,
  peerTraces = false,
): SessionOptions {
  return {
    ...options,
    extensions: ['window', 'fin', 'resume', 'ack2', ...(trace && peerTraces ? (['trace'] as const) : [])],
    windowBytes: firstWindowBytes,
    peerWindowBytes: firstWindowBytes,
    startWindowBytes: windowBytes ?? defaultStartBytes,
  }
}

/** The same value as for a link between client and server. */
const defaultStartBytes = 262_144

/** Path of a session's messages. */
export type Path = 'relay' | 'direct'

/** A session and the path of its messages. */
export interface MovingSession {
  readonly session: Session
  path: Path
  /** Protocol of a direct path. */
  protocol?: PathProtocol | undefined
}
