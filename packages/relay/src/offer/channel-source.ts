import type { Session } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import type { EntryRules } from '../rules/entry-rules.js'

/** Chooses the session for a new channel; waits for one up to its own limit, then rejects with `no-provider`. */
export type SessionPicker = (signal: Cancellation) => Session | Promise<Session>

/** Provides sessions for new channels. */
export interface ChannelSource {
  /** Chooses the session for each channel. */
  readonly pick: SessionPicker
  /** Returns another live session for an open that the `tried` ones do not answer. @default none */
  readonly pickOther?: (tried: ReadonlySet<Session>) => Session | undefined
  /**
   * Total time that an open waits, in milliseconds, if none of its sessions has a link at the end of it; sessions with
   * a link have their own deadline. @default as long as a channel waits for its answer
   */
  readonly unlinkedLimitMs?: number
  /** Rules for the allowed targets. @default all */
  readonly entryRules?: EntryRules | undefined
}
