export { ChannelSlots, type ChannelSlotsOptions } from './channel-slots.js'
export { Balancer, type BalancerOptions } from './balancer.js'
export type { Cancellation } from './cancellation.js'
export { RelayError, type RelayErrorCode } from './errors.js'
export {
  type Failure,
  failureOf,
  type FailureWord,
  failureWords,
  formatFailure,
  parseFailure,
  replyOf,
} from './failure.js'
export type { Account } from '@ls/socks5'
export { Inbound, type InboundOptions } from './inbound/inbound.js'
export { formatListenAddress, type ListenAddress, parseListenAddress } from './inbound/listen-address.js'
export type { ListenWebSocket, WebSocketListener } from './inbound/listen-web-socket.js'
export { ListenError } from './inbound/listen-error.js'
export { offerInTurn, type OfferEvents } from './inbound/offer-race.js'
export type { ChannelSource, SessionPicker } from './inbound/opener.js'
export type { InboundUdpOptions } from './inbound/udp.js'
export { localSession } from './local-session.js'
export { type AccessRules, parseAccessRules } from './outbound/access-rules.js'
export { type Dialler, diallerThrough, type UpstreamOptions } from './outbound/chain.js'
export { dial, type DialOptions } from './outbound/dial.js'
export { type GuardLevel, guardLevels, type GuardOptions } from './outbound/guard.js'
export { Outbound, type OutboundOptions } from './outbound/outbound.js'
export type { ProxyHeaderVersion } from './outbound/proxy-header.js'
export { parseRoutes, type Routes } from './outbound/routes.js'
export type { UdpOptions } from './outbound/udp.js'
export { parseUpstreamHeaders, type UpstreamHeaders } from './outbound/upstream-headers.js'
export { parseUpstream, type Upstream } from './outbound/upstream.js'
export type { DialWebSocket, WebSocketHop } from './outbound/web-socket-hop.js'
export { closeOpenSockets } from './open-sockets.js'
export type { PayloadOptions } from './payload-options.js'
export { isLoopback } from './address/is-loopback.js'
export { pump, type PumpOptions } from './pump.js'
export { formatTarget, parseTarget, type Target } from './target.js'
