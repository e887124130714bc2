export { ChannelSlots, type ChannelSlotsOptions } from './channel-slots.js'
export { Balancer, type BalancerOptions, type SessionChoice } from './balancer.js'
export { outcomeOf, outcomeOfForwarded, type Outcome } from './counts/outcome.js'
export { LiveChannel, shownTarget } from './counts/live-channel.js'
export { SessionLink } from './counts/session-link.js'
export { Reloads } from './counts/reloads.js'
export { SessionCounts } from './counts/session-counts.js'
export { type Moved, movedBy, Traffic, type TrafficSnapshot } from './counts/traffic.js'
export type { Cancellation } from './cancellation.js'
export { type Failure, RelayError, type RelayErrorCode } from './errors.js'
export { failureOf, formatFailure, parseFailure, replyOf } from './failure.js'
export type { Account } from '@ls/socks5/node'
export { type Forward, formatForward, parseForward } from './inbound/forward/forward-spec.js'
export type { PortForwardOptions, OpenForward } from './inbound/forward/port-forward-options.js'
export {
  type ExposedHost,
  type ExposedPlace,
  type ExposedPort,
  type Exposure,
  type ExposureTexts,
  formatExposure,
  formatPlace,
  parseExposure,
  readExposure,
  readHostName,
  readPlace,
  writeExposure,
} from './expose/exposure.js'
export { serveForward } from './inbound/forward/tcp-forward.js'
export { Forwards, openForward } from './inbound/forward/forwards.js'
export { Inbound, type InboundOptions, type InboundPlaces } from './inbound/inbound.js'
export type { PortChange } from './listen/proxy-ports.js'
export { portRetryMs } from './listen/port-retry.js'
export { formatListenAddress, type ListenAddress, parseListenAddress } from './listen/listen-address.js'
export type { ListenWebSocket, WebSocketListener } from './listen/listen-web-socket.js'
export { ListenError, type ListenErrorCode } from '@ls/dial'
export { openServer } from './listen/open-server.js'
export { openStream } from './inbound/open-stream.js'
export { offerInTurn, type OfferEvents } from './offer/offer-race.js'
export type { ChannelSource, SessionPicker } from './offer/channel-source.js'
export type { InboundUdpOptions } from './inbound/udp.js'
export { type ChannelWatch, localSession } from './local-session.js'
export { type AccessRules, parseAccessRules } from './rules/access-rules.js'
export { EntryRules } from './rules/entry-rules.js'
export { bothChecks, type TargetCheck } from './rules/target-check.js'
export { TargetRules, type TargetRulesOptions } from './rules/target-rules.js'
export { type Networks, parseNetworks } from './address/networks.js'
export { type Dialler, diallerThrough, type UpstreamOptions } from './upstream/chain.js'
export { dial, type DialOptions } from './outbound/dial.js'
export { type ExitOptions, exitOptionNames, outboundOptions, type OutboundWay } from './options/exit-options.js'
export {
  type ProxyOptions,
  proxyOptionNames,
  type ProxyPortOptions,
  proxyPortOptions,
  type ProxyUdpOptions,
} from './options/proxy-options.js'
export { type GuardLevel, guardLevels, type GuardOptions } from './rules/guard.js'
export { type ServedClient, Outbound, type OutboundOptions } from './outbound/outbound.js'
export { encodeProxyHeader, type ProxyHeaderVersion } from './upstream/proxy-header.js'
export { parseRoutes, type Routes } from './rules/routes.js'
export type { UdpOptions } from './udp/udp.js'
export { parseUpstreamHeaders, type UpstreamHeaders } from './upstream/upstream-headers.js'
export { parseUpstream, type Upstream } from './upstream/upstream.js'
export type { DialWebSocket, WebSocketHop } from './upstream/web-socket-hop.js'
export { closeOpenSockets } from './open-sockets.js'
export type { PayloadOptions } from './copy/payload-options.js'
export { type IpAddress, parseIpAddress, plainAddress } from './address/ip-address.js'
export { pump, type PumpOptions } from './copy/pump.js'
export type { PumpChannel } from './copy/pump-channel.js'
export type { Pace } from './copy/paced-channel.js'
export { RateLimit, type RateLimitOptions } from './copy/rate-limit.js'
export { probeHost, probePorts } from './probe/probe-target.js'
export { RefusalLog } from './inbound/refusal-log.js'
export { formatTarget, parseTarget, readHostPort, type CheckedTarget } from './target.js'
