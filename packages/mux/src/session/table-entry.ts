import type { ChannelKey } from '@ls/codec'
import type { ChannelCloseReason } from '../channel/channel-close.js'
import type { Flow } from '../flow/flow.js'
import type { ResolvedSessionOptions } from '../options.js'

/** A session's entry for a channel id: an end of a channel, or one half of a forwarded one. */
export interface TableEntry {
  readonly key: ChannelKey
  /** 16 bytes: what the key was made from. */
  readonly id: Uint8Array
  /** Consecutive idle checks without a message in either direction; a message resets it to 0. */
  idleChecks: number
  /** Whether the queue is well below its limits again, so that the entry need not stop reading. */
  readonly relieved: boolean
  /** A message for this channel. May throw: the session then aborts the entry. */
  onMessage(type: number, message: Uint8Array): void
  /** The session is over; no message can be sent any more. */
  onSessionClosed(reason: string): void
  /** Ends the channel at once and tells the peer why. */
  abort(error: string): void
}

/** Services of a session for the entries of its table. */
export interface ChannelHost {
  readonly options: ResolvedSessionOptions
  /** Whether messages can leave now; without a transport nothing can make progress. */
  readonly linked: boolean
  /** Total link time so far, in milliseconds. */
  linkedMs(): number
  /** Sends ahead of all Data. */
  sendControl(message: Uint8Array): void
  /** `flow` may have something to send. */
  activate(flow: Flow): void
  /** The entry takes no more messages; its id may be used again. */
  forget(entry: TableEntry): void
  /** A channel that ended here is over; its numbers are final. */
  ended(entry: TableEntry, reason: ChannelCloseReason): void
  /** Stops reading the transport until every holder is relieved; an entry that holds too long is aborted. */
  holdReading(entry: TableEntry): void
  /** Memory was freed: checks whether reading may go on. */
  recheckReading(): void
  roundTripMs(): number | undefined
  /** From a grant of credit until the bytes that it allows arrive, in milliseconds, as far as it is known. */
  creditTripMs(): number | undefined
}
