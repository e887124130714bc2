import type { ChannelKey } from '@ls/codec'
import type { ChannelHandler } from '../channel/channel-handler.js'
import type { Channel } from '../channel/channel.js'
import type { MessageTransport } from '../link/transport.js'
import type { ResolvedSessionOptions, SessionOptions } from '../options.js'
import { SessionEnd } from './session-end.js'
import type { OpenRequest, SessionCounters, SessionHandler, SessionState } from './session-handler.js'

/**
 * A peer's multiplexed link: channels over one transport at a time. With `resume` the session outlives its transports.
 *
 * @example
 * const session = new Session({ extensions: ['window', 'fin'], autoConsume: true })
 * session.attach(transport)
 * const channel = session.open({ protocol: 'tcp', address: { host: 'example.org', port: 80 } }, handler)
 */
export interface Session {
  /** What is in force on the link, the budgets that its memory is counted in, and its clock. */
  readonly options: Pick<
    ResolvedSessionOptions,
    'window' | 'fin' | 'resume' | 'ack2' | 'urgent' | 'budget' | 'admission' | 'clock'
  >
  /** What was ignored so far; one object for the life of the session. */
  readonly counters: SessionCounters
  /** Whether there is a transport; `closed` is for good. */
  readonly state: SessionState
  /** Whether messages can leave now. */
  readonly linked: boolean
  /** Messages of any kind received; a growing number shows that the peer is alive. */
  readonly receivedMessages: number
  /** Whether a ping is unanswered for too long: the peer may be dead or asleep. */
  readonly overdue: boolean
  /** The transport in use, if any. */
  readonly transport: MessageTransport | undefined
  /** Whether there is a transport for urgent messages. */
  readonly hasUrgent: boolean
  /** Channels that end or pass here. */
  readonly channelCount: number
  /** True when the session takes no more channels. */
  readonly full: boolean
  /** Number of the last message received, for Resume and Resumed. */
  readonly receivedSequence: number
  /** Bytes kept for resending. */
  readonly replayBytes: number
  /** Whether the session can go on with a peer that has received everything up to `peerReceived`. */
  canResume(peerReceived: number): boolean
  /** The channels that end here, in the order of opening, without forwarded ones. */
  channels(): Iterable<Channel>
  /** Whether a channel with this id ends or passes here. */
  has(key: ChannelKey): boolean
  /** The round trip that the transport measured last, in milliseconds; undefined without one. */
  roundTripMs(): number | undefined
  /**
   * Continues over `transport`. After a loss, `peerReceived` is the number from the peer's Resume or Resumed. Returns
   * false, and changes nothing, if the peer lacks messages that are no longer kept.
   *
   * @throws TypeError when messages have passed over an earlier transport and `peerReceived` is missing.
   */
  attach(transport: MessageTransport, peerReceived?: number): boolean
  /**
   * Sends copies of urgent messages over `transport`, and takes the peer's, until it or the main transport is lost.
   * False if the session has no main transport or no `urgent`; the caller keeps the transport then.
   */
  attachUrgent(transport: MessageTransport): boolean
  /**
   * Releases and cuts the transport, so that nothing more is received over it. Call it before telling
   * `receivedSequence` to a peer that comes back over another transport. Without `resume` it ends the session.
   */
  detach(): void
  /**
   * Asks the peer for a channel; without a handler the channel starts paused.
   *
   * @throws MuxError when the session is closed or full; RangeError for an address that cannot be sent.
   */
  open(request: OpenRequest, handler?: ChannelHandler): Channel
  /**
   * Sends a message that is not about channels, in order with others of its kind and ahead of all Data.
   *
   * @throws TypeError for a message of the handshake, which goes over the transport before it is attached.
   */
  send(message: Uint8Array): void
  /** Ends the session, all channels and the transport; the peer learns that it is not to be resumed. */
  close(reason: string, code?: number): void
}

/** @throws RangeError for an option out of its range. */
export const Session: new (options: SessionOptions, handler?: SessionHandler) => Session = SessionEnd
