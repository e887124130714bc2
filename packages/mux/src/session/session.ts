import type { ChannelKey } from '@ls/codec'
import type { ChannelHandler } from '../channel/channel-handler.js'
import type { Channel } from '../channel/channel.js'
import type { MessageTransport } from '../link/transport.js'
import type { ResolvedSessionOptions, SessionOptions } from '../options.js'
import { partsOn } from '../whole-parts.js'
import { SessionEnd } from './session-end.js'
import type { OpenRequest, SessionCounters, SessionHandler, SessionState } from './session-handler.js'
import type { SessionParts } from './session-parts.js'

/**
 * Multiplexed link of a peer: channels over one transport at a time. With `resume` the session outlives its transports.
 *
 * @example
 * const session = new Session({ extensions: ['window', 'fin'], autoConsume: true })
 * session.attach(transport)
 * const channel = session.open({ protocol: 'tcp', address: { host: 'example.org', port: 80 } }, handler)
 */
export interface Session {
  /** Extensions in force on the link, the budgets in which its memory is counted, and its clock. */
  readonly options: Pick<
    ResolvedSessionOptions,
    'window' | 'fin' | 'resume' | 'ack2' | 'urgent' | 'budget' | 'admission' | 'clock'
  >
  /** Numbers of ignored messages; one object for the whole session. */
  readonly counters: SessionCounters
  /** State of the session: `closed` is final. */
  readonly state: SessionState
  /** Whether messages can leave now. */
  readonly linked: boolean
  /** Messages of any kind received; a growing number shows that the peer is alive. */
  readonly receivedMessages: number
  /** Whether a ping has been unanswered for too long: the peer may be dead or suspended. */
  readonly overdue: boolean
  /** The transport in use, if any. */
  readonly transport: MessageTransport | undefined
  /** Whether there is a transport for urgent messages. */
  readonly hasUrgent: boolean
  /** Number of channels that end here or are forwarded. */
  readonly channelCount: number
  /** Whether the session accepts no more channels. */
  readonly full: boolean
  /** Number of the last message received, for Resume and Resumed. */
  readonly receivedSequence: number
  /** Bytes kept for resending. */
  readonly replayBytes: number
  /** Whether the session can continue with a peer that has received everything up to `peerReceived`. */
  canResume(peerReceived: number): boolean
  /** The channels that end here, in the order of opening, without forwarded ones. */
  channels(): Iterable<Channel>
  /** Whether a channel with this id ends here or is forwarded. */
  has(key: ChannelKey): boolean
  /** Last round trip that the transport measured, in milliseconds; undefined without one. */
  roundTripMs(): number | undefined
  /**
   * Continues over `transport`. After a loss, `peerReceived` is the number from the peer's Resume or Resumed. Returns
   * false, and changes nothing, if the peer lacks messages that are no longer kept.
   *
   * @throws TypeError when messages have passed over an earlier transport and `peerReceived` is missing.
   */
  attach(transport: MessageTransport, peerReceived?: number): boolean
  /**
   * Sends copies of urgent messages over `transport`, and receives the peer's, until it or the main transport is lost.
   * False if the session has no main transport, no `urgent` or not its code; the caller keeps the transport then.
   */
  attachUrgent(transport: MessageTransport): boolean
  /**
   * Releases and cuts the transport, so that no more messages are received over it. Call it before sending
   * `receivedSequence` to a peer that returns over another transport. Without `resume` it ends the session.
   */
  detach(): void
  /**
   * Requests a channel from the peer; without a handler the channel starts paused.
   *
   * @throws MuxError when the session is closed or full; RangeError for an address that cannot be sent.
   */
  open(request: OpenRequest, handler?: ChannelHandler): Channel
  /**
   * Sends a message that belongs to no channel, in order with others of its kind and before all Data.
   *
   * @throws TypeError for a message of the handshake, which goes over the transport before it is attached.
   */
  send(message: Uint8Array): void
  /** Ends the session, all channels and the transport; the peer is notified that it cannot be resumed. */
  close(reason: string, code?: number): void
}

/** @throws RangeError for an option out of its range. */
export const Session: new (options: SessionOptions, handler?: SessionHandler) => Session = class extends SessionEnd {
  constructor(options: SessionOptions, handler: SessionHandler = {}) {
    super(options, handler, partsOn(options.sharedPath))
  }
}

/**
 * Session with the given parts, for programs that load some of them later.
 *
 * @throws RangeError for an option out of its range.
 */
export const SessionOfParts: new (options: SessionOptions, handler: SessionHandler, parts: SessionParts) => Session =
  SessionEnd
