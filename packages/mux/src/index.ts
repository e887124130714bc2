export { addressGroup } from './address-group.js'
export type { ChannelCloseKind, ChannelCloseReason } from './channel-close.js'
export type { ChannelHandler } from './channel-handler.js'
export { Channel, type ChannelState } from './channel.js'
export { MuxError, type MuxErrorCode } from './errors.js'
export { forward, forwardAccepted, type ForwardedChannel, type ForwardOptions } from './forward.js'
export { ChannelOffer, type OfferHandler } from './offer.js'
export { FramePool, processFramePool, type FramePoolOptions } from './frame-pool.js'
export { checkKeepaliveTiming, Keepalive, type KeepaliveOptions, type KeepaliveTiming } from './keepalive.js'
export { LostChannels, type LostChannelsOptions } from './lost-channels.js'
export { MemoryBudget, type MemoryBudgetOptions } from './memory-budget.js'
export { MessageReader } from './message-reader.js'
export {
  checkSessionOptions,
  defaultWindowBytes,
  helloWindowBytes,
  type LinkTerms,
  type SessionOptions,
} from './options.js'
export {
  type CutConnection,
  type PendingConnection,
  PendingConnections,
  type PendingLimits,
} from './pending-connections.js'
export { SessionCloseCode } from './session-close-code.js'
export type { OpenRequest, SessionCounters, SessionHandler, SessionState } from './session-handler.js'
export { Session } from './session.js'
export type { MessageTransport, TransportCloseReason, TransportHandler } from './transport.js'
