export { Balancer, type BalancerOptions } from './balancer.js'
export {
  type Failure,
  failureOf,
  type FailureWord,
  failureWords,
  formatFailure,
  parseFailure,
  RelayError,
  type RelayErrorCode,
  replyOf,
} from './failure.js'
export { Inbound, type InboundOptions } from './inbound/inbound.js'
export { ListenError } from './inbound/listen-error.js'
export type { SessionPicker } from './inbound/opener.js'
export type { InboundUdpOptions } from './inbound/udp.js'
export { type AccessRules, parseAccessRules } from './outbound/access-rules.js'
export { type Dialler, diallerThrough, parseUpstream, type Upstream } from './outbound/chain.js'
export { dial, type DialOptions } from './outbound/dial.js'
export { Outbound, type OutboundOptions } from './outbound/outbound.js'
export type { UdpOptions } from './outbound/udp.js'
export type { PayloadOptions } from './payload-sender.js'
export { pump, type PumpOptions } from './pump.js'
