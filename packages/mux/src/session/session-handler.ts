import type { Address, ChannelKey, Protocol } from '@ls/codec'
import type { ChannelCloseReason } from '../channel/channel-close.js'
import type { Channel } from '../channel/channel.js'
import type { TransportCloseReason } from '../link/transport.js'

/** `unlinked`: no transport; either none was attached yet, or it was lost and the grace runs. */
export type SessionState = 'unlinked' | 'linked' | 'closed'

/** Callbacks of a session. None may throw; if one does, the channel or the session ends. */
export interface SessionHandler {
  /**
   * The peer asks for a channel: answer with `accept`, `reject` or `forward`, now or later. @default refuses it with
   * `forbidden`
   */
  onConnect?(channel: Channel): void
  /** A message that is not about channels: Connector, ConnectorResponse, Log, Partners, Direct…. */
  onMessage?(message: Uint8Array): void
  /** A transport was attached: the first one, or one after a loss. */
  onLinked?(): void
  /**
   * With `urgent`: the path has losses, so a second transport would help; see {@link Session.attachUrgent}. @default
   * tells the peer, which opens the links
   */
  onLossy?(): void
  /** The transport is lost; the session waits for another one (only where `resume` is in force). */
  onUnlinked?(reason: TransportCloseReason): void
  /**
   * The session and all its channels are over. Called exactly once. `lost` has the ids of channels that a base peer may
   * still consider open, see {@link LostChannels}; empty with `resume`.
   */
  onClose?(reason: string, lost: readonly Uint8Array[]): void
  /**
   * The peer wants a channel back that this session does not have. Returns whether another session of the same peer has
   * it; if not, the peer is told that the channel is gone.
   */
  isElsewhere?(key: ChannelKey): boolean
  /** A channel begins, opened by either side. For those who count or watch: nothing may be done with it here. */
  onChannelOpened?: ((channel: Channel) => void) | undefined
  /** The last channel has gone; another one may begin at once. */
  onIdle?: (() => void) | undefined
  /** A channel that ended here is over, and its numbers are final; not called for channels that were forwarded. */
  onChannelClosed?: ((channel: Channel, reason: ChannelCloseReason) => void) | undefined
}

/** What {@link Session.open} asks the peer for. */
export interface OpenRequest {
  /** What the channel is to carry. */
  readonly protocol: Protocol
  /** The target; required for TCP, absent for UDP. */
  readonly address?: Address | undefined
  /** Data may follow Connect without waiting for the answer. @default true */
  readonly earlyData?: boolean | undefined
  /** How long the peer has to answer: its connect timeout of 10 s and 5 s more (protocol.md §1). @default 15000 */
  readonly answerDeadlineMs?: number | undefined
  /** W3C traceparent of the span that the channel belongs to, told to peers with `trace`. @default none */
  readonly traceparent?: string | undefined
}

/** Counters of messages that are ignored by design. */
export interface SessionCounters {
  /** Messages for channels that do not exist, or no longer. */
  strayMessages: number
  /** Messages of types this version does not know, or that are not in force on this link. */
  unknownMessages: number
}
