import type { Session } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import type { EntryRules } from '../rules/entry-rules.js'

/** Chooses the session for a new channel; waits for one up to a limit of its own, then rejects with `no-provider`. */
export type SessionPicker = (signal: Cancellation) => Session | Promise<Session>

/** Where channels are opened. */
export interface ChannelSource {
  /** Chooses the session for each channel. */
  readonly pick: SessionPicker
  /** Another live session for an open that `tried` do not answer. @default none: there is no other way */
  readonly pickOther?: (tried: ReadonlySet<Session>) => Session | undefined
  /**
   * How long an open waits in all, in milliseconds, when none of those asked can be reached at the end of it; those with a
   * link have their own time. @default as long as a channel waits for its answer
   */
  readonly unlinkedLimitMs?: number
  /** Which targets may be asked for. @default all */
  readonly entryRules?: EntryRules
}
