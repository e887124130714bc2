import type { Address, ChannelKey, Protocol } from '@ls/codec'
import { type Logger, textOf } from '@ls/foundation'
import type { ChannelCloseReason } from '../channel/channel-close.js'
import type { Channel } from '../channel/channel.js'
import type { TransportCloseReason } from '../link/transport.js'

/** `unlinked`: no transport; either none was attached yet, or it was lost and the grace time runs. */
export type SessionState = 'unlinked' | 'linked' | 'closed'

/** Callbacks of a session. None may throw; if one does, the channel or the session ends. */
export interface SessionHandler {
  /**
   * The peer requests a channel: answer with `accept`, `reject` or `forward`, now or later. @default refuses it with
   * `forbidden`
   */
  onConnect?(channel: Channel): void
  /** A message that belongs to no channel: Connector, ConnectorResponse, Log, Partners, Direct…. */
  onMessage?(message: Uint8Array): void
  /**
   * A message belongs to a channel that does not exist here, and is ignored. `type` is its message type. @default
   * only counted
   */
  onStray?: ((channelId: Uint8Array, type: number) => void) | undefined
  /** A transport was attached: the first one, or one after a loss. */
  onLinked?(): void
  /**
   * With `urgent`: losses or bulk delay urgent messages, so a second transport would help; see
   * {@link Session.attachUrgent}. @default notifies the peer, which opens the links
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
   * The peer wants to resume a channel that this session does not have. Returns whether another session of the same
   * peer has it; if not, the peer is notified that the channel is gone.
   */
  isElsewhere?(key: ChannelKey): boolean
  /**
   * A channel begins, opened by either side. Only for counting or watching; the handler must not change the channel.
   */
  onChannelOpened?: ((channel: Channel) => void) | undefined
  /** The last channel is gone; another one may begin immediately. */
  onIdle?: (() => void) | undefined
  /** A channel that ended here is closed, and its numbers are final; not called for forwarded channels. */
  onChannelClosed?: ((channel: Channel, reason: ChannelCloseReason) => void) | undefined
}

/** Request for a channel, for {@link Session.open}. */
export interface OpenRequest {
  /** Kind of data that the channel carries. */
  readonly protocol: Protocol
  /** The target; required for TCP, absent for UDP. */
  readonly address?: Address | undefined
  /** Data may follow Connect without waiting for the answer. @default true */
  readonly earlyData?: boolean | undefined
  /**
   * Time for the peer to answer, in milliseconds: its connect timeout of 10 s and 5 s more (protocol.md §1). @default
   * 15000
   */
  readonly answerTimeoutMs?: number | undefined
  /** W3C traceparent of the span that the channel belongs to, sent to peers with `trace`. @default none */
  readonly traceparent?: string | undefined
}

/** Numbers of messages that are ignored by design. */
export interface SessionCounters {
  /** Messages for channels that do not exist or no longer exist. */
  strayMessages: number
  /** Messages of types unknown to this version, or not in force on this link. */
  unknownMessages: number
}

/** Calls a session's handler; its errors are logged, since they must not reach the transport. */
export function callOwner(logger: Logger, callback: () => void): void {
  try {
    callback()
  } catch (error) {
    logger.error({ err: error }, `a session handler threw: ${textOf(error)}`)
  }
}
