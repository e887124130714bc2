export type { AuthorizeMoment, AuthorizeOptions } from './authorize/authorize-options.js'
export { defaultGuard } from './default-guard.js'
export type { ChannelInfo } from './reverse/channel-info.js'
export type { DashboardFile, LoadDashboard } from './dashboard/dashboard-page.js'
export { ServerError, type ServerErrorCode } from './errors.js'
export type { ClientInfo, ServerEvents } from './events.js'
export type { ExposedInfo, ExposedPorts } from './expose/exposed-ports.js'
export { OwnersInFolder } from './handover/owners-in-folder.js'
export type { SessionOwner, SessionOwners } from './handover/session-owners.js'
export type { ServerOptions } from './options.js'
export type { DrainRequest } from './life/drain.js'
export type { ConnectionRecord } from './life/connection-record.js'
export { Policy, type LinkFault, type LinkRequest, type QuotaLimits, type Rate } from './policy/policy.js'
export { PolicyFault } from './policy/policy-fault.js'
export type {
  PolicyHours,
  PolicyOptions,
  PolicyQuota,
  PolicyRate,
  PolicyRole,
  QuotaEnd,
} from './policy/policy-options.js'
export type { Peer } from './links/peer.js'
export type { PortChanges } from './port/port-changes.js'
export type { RelayHealth } from './relay-mode/health.js'
export type { RelayOptions } from './relay-mode/relay-options.js'
export { LinkSocksServer } from './server.js'
export { ServerState } from './state/server-state.js'
export type { ConnectorToken, ForwardToken, RelayIdentity, ReverseToken, TokenRecord } from './tokens/token-registry.js'
export type { Tickets } from './tickets/tickets.js'
export type { AccessTicket, MadeTicket, TicketRequest } from './tickets/access-ticket.js'
export type { ConnectorTokenRequest, ReverseTokenRequest, TokenOptions } from './tokens/token-requests.js'
export type { QuotaPeriod, QuotaUse } from './quota/quota.js'
export type { TokenStatus } from './tokens/token-status.js'
export { tokenKey } from './tokens/token-text.js'
