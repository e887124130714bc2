import type { ChannelKey } from '@ls/codec'
import type { ChannelCloseReason } from '../channel/channel-close.js'
import type { Flow } from '../flow/flow.js'
import type { ResolvedSessionOptions } from '../options.js'

/** A session's entry for a channel id: an end of a channel, or one half of a forwarded one. */
export interface TableEntry {
  readonly key: ChannelKey
  /** The id, 16 bytes, from which the key was made. */
  readonly id: Uint8Array
  /** Consecutive idle checks without a message in either direction; a message resets it to 0. */
  idleChecks: number
  /** Whether the queue is well below its limits again, so that reading may continue. */
  readonly relieved: boolean
  /** Receives a message for this channel. May throw: the session then aborts the entry. */
  onMessage(type: number, message: Uint8Array): void
  /** The session is over; no message can be sent any more. */
  onSessionClosed(reason: string): void
  /** Ends the channel immediately and sends the peer the reason. */
  abort(error: string): void
}

/** Services of a session for the entries of its table. */
export interface ChannelHost {
  readonly options: ResolvedSessionOptions
  /** Whether messages can leave now; without a transport there is no progress. */
  readonly linked: boolean
  /** Time with a working link so far, in milliseconds, see {@link LinkTime}. */
  linkedMs(): number
  /** Sends a message before all Data. */
  sendControl(message: Uint8Array): void
  /** Called when `flow` may have something to send. */
  activate(flow: Flow): void
  /** Removes the entry, which accepts no more messages; its id may be used again. */
  forget(entry: TableEntry): void
  /** Called when a channel that ended here is closed; its numbers are final. */
  ended(entry: TableEntry, reason: ChannelCloseReason): void
  /** Stops reading the transport until every holder is relieved; an entry that holds it too long is aborted. */
  holdReading(entry: TableEntry): void
  /** Checks whether reading may continue, after memory was freed. */
  recheckReading(): void
  roundTripMs(): number | undefined
  /** Time from a grant of credit until the bytes that it allows arrive, in milliseconds, as far as it is known. */
  creditTripMs(): number | undefined
}
