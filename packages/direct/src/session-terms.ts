import type { Session, SessionOptions } from '@ls/mux'

/** What sessions of the direct path may be told: the limits of the owner. */
export type DirectSessionOptions = Pick<
  SessionOptions,
  'clock' | 'logger' | 'graceMs' | 'replayLimitBytes' | 'budgetBytes' | 'parentBudget' | 'idleLimitMs' | 'windowBytes'
>

/** First credit of a channel, in bytes: both ends know it, so nothing is announced (protocol.md §3.10). */
const firstWindowBytes = 4096

/** The terms of version 1: all extensions of a link that concern channels. */
export function sessionTerms({ windowBytes, ...options }: DirectSessionOptions): SessionOptions {
  return {
    ...options,
    extensions: ['window', 'fin', 'resume', 'ack2'],
    windowBytes: firstWindowBytes,
    peerWindowBytes: firstWindowBytes,
    startWindowBytes: windowBytes ?? defaultStartBytes,
  }
}

/** As a link between client and server has it. */
const defaultStartBytes = 262_144

/** Which way a session's messages take now. */
export type Path = 'relay' | 'direct'

/** A session and the way that its messages take. */
export interface MovingSession {
  readonly session: Session
  path: Path
}
