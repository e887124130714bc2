import type { TimerHandle } from '@ls/foundation'
import type { Session } from '@ls/mux'
import type { TargetRules } from '@ls/relay'
import type { AllowedOrigins } from '@ls/transport'
import type { TokenRecord } from '../tokens/token-registry.js'

/** Request of {@link Tickets.make}. */
export interface TicketRequest {
  /** Text of the token that the ticket stands for, as it was registered. */
  readonly token: string
  /**
   * Allowed targets, `ADDR:PORT`, in addition to the rules of the token's policy. At most 1000. @default all that the
   * token may reach
   */
  readonly allow?: readonly string[] | undefined
  /** Targets closed even if `allow` matches, `ADDR`, `ADDR:PORT` or `:PORT`. At most 1000. @default none */
  readonly deny?: readonly string[] | undefined
  /** Origin of the web page that may use it, `https://example.org`. @default any, and programs too */
  readonly origin?: string | undefined
  /** Time in which its client must connect, in milliseconds; at most an hour. @default 60000 */
  readonly useWithinMs?: number | undefined
  /**
   * Time after which everything that its client has opened ends, in milliseconds. @default none but that of the token's
   * policy
   */
  readonly lifetimeMs?: number | undefined
}

/** Result of {@link Tickets.make}. */
export interface MadeTicket {
  /** Text that the client sends in place of a token. */
  readonly ticket: string
  /** Time before which its client must connect, in milliseconds since 1970. */
  readonly useBeforeMs: number
}

/** A ticket: lets a single client use a token, with the same rights or fewer. */
export interface AccessTicket {
  /** Key of its text. */
  readonly key: string
  /** Token whose policy, limits and providers apply. */
  readonly record: TokenRecord
  /** Rules for targets, in addition to the policy of the token. */
  readonly rules: TargetRules | undefined
  /** Origins of pages that may use it; undefined for any client. */
  readonly origins: AllowedOrigins | undefined
  /** Time before which its client must connect, in milliseconds of the server's clock. */
  readonly useBeforeMs: number
  /** Time after which everything that its client has opened ends, in milliseconds; undefined for no end of its own. */
  readonly lifetimeMs: number | undefined
  /** Process that used it first, and when its time ends by the server's clock. */
  user: { readonly instance: string; readonly endsAtMs: number } | undefined
  /** Whether it was revoked, perhaps during the handshake of its client. */
  isRevoked: boolean
  /** Sessions of that process, with the timers that end them. */
  readonly sessions: Map<Session, TimerHandle>
}
