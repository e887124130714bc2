import type { TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import type { TargetRules } from '@ls/relay'
import type { AllowedOrigins } from '@ls/transport'
import type { TokenRecord } from '../tokens/token-registry.js'

/** Request of {@link Tickets.make}. */
export interface TicketRequest {
  /** The token that the ticket stands for, as it was registered. */
  readonly token: string
  /** Targets, `ADDR:PORT`, on top of the token's policy. At most 1000. @default all that the token may reach */
  readonly allow?: readonly string[] | undefined
  /** Targets closed even so, `ADDR`, `ADDR:PORT` or `:PORT`. At most 1000. @default none */
  readonly deny?: readonly string[] | undefined
  /** Origin of the web page that may show it, `https://example.org`. @default any, and programs too */
  readonly origin?: string | undefined
  /** Time in which its client has to come, in milliseconds; at most an hour. @default 60000 */
  readonly useWithinMs?: number | undefined
  /**
   * Time after which all that its client has opened ends, in milliseconds. @default none but that of the token's policy
   */
  readonly lifetimeMs?: number | undefined
}

/** What {@link Tickets.make} gives. */
export interface MadeTicket {
  /** What the client shows in place of a token. */
  readonly ticket: string
  /** When its client must have come, in milliseconds since 1970. */
  readonly useBeforeMs: number
}

/** One ticket: lets a single client use a token, and less of it. */
export interface AccessTicket {
  /** Whose policy, limits and providers hold. */
  readonly record: TokenRecord
  /** Targets, on top of the policy of the token. */
  readonly rules: TargetRules | undefined
  /** Pages that may show it; undefined for anybody. */
  readonly origins: AllowedOrigins | undefined
  /** When its client must have come, in milliseconds of the server's clock. */
  readonly useBeforeMs: number
  /** Time after which all that its client has opened ends, in milliseconds; undefined for no end of its own. */
  readonly lifetimeMs: number | undefined
  /** The process that has shown it first, and when its time is over by the server's clock. */
  user: { readonly instance: string; readonly endsAtMs: number } | undefined
  /** The sessions of that process, with what ends them in time. */
  readonly sessions: Map<Session, TimerHandle>
}
