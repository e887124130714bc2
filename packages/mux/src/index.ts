export { addressBlock, addressGroup } from './pending/address-group.js'
export type { ChannelCloseKind, ChannelCloseReason } from './channel/channel-close.js'
export type { ChannelHandler } from './channel/channel-handler.js'
export type { Channel, ChannelState } from './channel/channel.js'
export type { SendOptions } from './channel/channel.js'
export { MuxError, type MuxErrorCode } from './errors.js'
export { forward, forwardAccepted, type ForwardedChannel, type ForwardChannelOptions } from './forward/forward.js'
export type { ForwardPace, ForwardRate } from './forward/pacing.js'
export { ChannelOffer, type OfferHandler } from './channel/offer.js'
export type { FramePool, FramePoolOptions, FrameSource } from './memory/frame-pool.js'
export { checkKeepaliveTiming, type CheckedTiming, type KeepaliveTiming } from './link/keepalive-timing.js'
export { PeerPings } from './link/peer-pings.js'
export { RoundTrip } from './link/round-trip.js'
export { Inbox, type InboxOptions } from './transports/inbox.js'
export { loopbackPair, type LoopbackOptions } from './transports/loopback.js'
export { WrappedTransport } from './transports/wrapped-transport.js'
export { LostChannels, type LostChannelsOptions } from './lost/lost-channels.js'
export { PeerLostChannels, type PeerLostChannelsOptions } from './lost/peer-lost-channels.js'
export { MemoryBudget, type MemoryBudgetOptions } from './memory/memory-budget.js'
export { SharedBudget, type SharedBudgetOptions } from './memory/shared-budget.js'
export { MessageReader } from './session/message-reader.js'
export { checkSessionOptions, helloWindowBytes, type LinkTerms, type SessionOptions } from './options.js'
export {
  type CutConnection,
  maxPendingBytes,
  type PendingConnection,
  PendingConnections,
  type PendingLimits,
} from './pending/pending-connections.js'
export type { OpenRequest, SessionCounters, SessionHandler, SessionState } from './session/session-handler.js'
export { Session, SessionOfParts } from './session/session.js'
export type { SessionParts, TraceCode } from './session/session-parts.js'
export { StartLimit, type StartLimitOptions } from './path/start-limit.js'
export { SharedPath } from './path/shared/shared-path.js'
export type { PathLimit, PathLimitOptions } from './path/path-limit.js'
export {
  type MessageTransport,
  SessionCloseCode,
  type TransportCloseReason,
  type TransportHandler,
} from './link/transport.js'
