import { checkDurationMs, type Clock } from '@ls/foundation'
import { TargetRules } from '@ls/relay'
import { AllowedOrigins } from '@ls/transport'
import { ServerError } from '../errors.js'
import { Forbidden } from '../links/handshake.js'
import type { Identity, Peer } from '../links/peer.js'
import { makeToken, type TokenRegistry } from '../tokens/token-registry.js'
import { keyOfHash, tokenKey } from '../tokens/token-text.js'
import type { AccessTicket, MadeTicket, TicketRequest } from './access-ticket.js'

/**
 * Tickets for web pages: each lets one client use a token that it never receives. Tickets are only in memory, since
 * they expire too soon to be worth saving for a restart.
 */
export class Tickets {
  /** Tickets by the key of the text that clients send, as for tokens. */
  readonly #byKey = new Map<string, AccessTicket>()
  readonly #tokens: TokenRegistry
  readonly #clock: Clock

  constructor(tokens: TokenRegistry, clock: Clock) {
    this.#tokens = tokens
    this.#clock = clock
  }

  /** Number of tickets. Expired ones are counted until they are removed, which happens when there are many. */
  get size(): number {
    return this.#byKey.size
  }

  /**
   * Creates a ticket: it admits a single client with the rights of a token, or with fewer.
   *
   * @throws ServerError for an unknown token, and when 10,000 are in use; RangeError for an invalid target, origin or
   * time
   */
  make(request: TicketRequest): MadeTicket {
    const made = this.#parse(request)
    this.#makeRoom()
    const ticket = `ticket-${makeToken()}`
    this.#byKey.set(tokenKey(ticket), made)
    return { ticket, useBeforeMs: Date.now() + made.useBeforeMs - this.#clock.now() }
  }

  /** Whether a client with this hash is admitted: the lowercase hex SHA-256 of a token or a ticket. */
  admits(shownHash: string): boolean {
    return this.#tokens.findByHash(shownHash) !== undefined || this.find(shownHash) !== undefined
  }

  /** Finds a ticket by the hash that its client sends in the query: the lowercase hex SHA-256 of its text. */
  find(shownHash: string): AccessTicket | undefined {
    const key = keyOfHash(shownHash)
    const ticket = this.#byKey.get(key)
    if (ticket === undefined || !this.#isOver(ticket)) return ticket
    this.#byKey.delete(key)
    return undefined
  }

  /**
   * Assigns a ticket to the client that uses it. @throws Forbidden where it is for another page, or another client has
   * used it
   */
  claim({ ticket, instance }: Identity, origin: string | undefined): void {
    if (ticket === undefined) return
    const { origins, lifetimeMs = Infinity } = ticket
    // Programs send no origin, so they cannot use a ticket for a page.
    if (origins !== undefined && (origin === undefined || !origins.has(origin)))
      throw new Forbidden(`the ticket is not for ${origin?.slice(0, 100) ?? 'programs'}`)
    ticket.user ??= { instance, endsAtMs: this.#clock.now() + lifetimeMs }
    if (ticket.user.instance !== instance) throw new Forbidden('the ticket has been used')
  }

  /** Handles a client that has a session. */
  joined({ ticket, session }: Peer): void {
    if (ticket === undefined) return
    const leftMs = (ticket.user?.endsAtMs ?? Infinity) - this.#clock.now()
    const end = (): void => session.close('the time of the ticket is over')
    ticket.sessions.set(session, leftMs === Infinity ? undefined : this.#clock.setTimeout(end, Math.max(0, leftMs)))
  }

  /** Handles the end of a session. */
  left({ ticket, session }: Peer): void {
    this.#clock.clearTimeout(ticket?.sessions.get(session))
    ticket?.sessions.delete(session)
  }

  /** Revokes a ticket and closes its client's sessions; false if there is none. */
  remove(ticket: string): boolean {
    const key = tokenKey(ticket)
    const known = this.#byKey.get(key)
    if (known === undefined) return false
    this.#byKey.delete(key)
    for (const session of known.sessions.keys()) session.close('the ticket was taken back')
    return true
  }

  #parse({ token, origin, lifetimeMs, useWithinMs = 60_000, ...targets }: TicketRequest): AccessTicket {
    const record = this.#tokens.find(token)
    if (record === undefined) throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'token does not exist')
    const rules = rulesOf(targets)
    if (record.kind === 'reverse' && rules !== undefined)
      throw new RangeError('a ticket for a provider has no targets: its connectors choose them')
    if (checkDurationMs('useWithinMs', useWithinMs, 1) > maxUseWithinMs)
      throw new RangeError(`useWithinMs is ${useWithinMs}; ${maxUseWithinMs} is the most`)
    return {
      record,
      rules,
      origins: origin === undefined ? undefined : new AllowedOrigins([origin]),
      useBeforeMs: this.#clock.now() + useWithinMs,
      lifetimeMs: lifetimeMs === undefined ? undefined : checkDurationMs('lifetimeMs', lifetimeMs, 1),
      user: undefined,
      sessions: new Map(),
    }
  }

  /** Removes expired tickets when there are many. @throws ServerError when all are in use */
  #makeRoom(): void {
    if (this.#byKey.size < maxTickets) return
    for (const [key, ticket] of this.#byKey) if (this.#isOver(ticket)) this.#byKey.delete(key)
    if (this.#byKey.size < maxTickets) return
    throw new ServerError('ERR_SERVER_TOO_MANY_TOKENS', `there are ${maxTickets} tickets that are not over, the most`)
  }

  /**
   * Whether a ticket has expired. A client that has a session may reconnect; without a session, the ticket expires when
   * the time to connect is over.
   */
  #isOver({ record, useBeforeMs, user, sessions }: AccessTicket): boolean {
    if (this.#tokens.find(record.token) !== record) return true
    const nowMs = this.#clock.now()
    return nowMs >= (user?.endsAtMs ?? Infinity) || (sessions.size === 0 && nowMs >= useBeforeMs)
  }
}

function rulesOf({ allow, deny }: Pick<TicketRequest, 'allow' | 'deny'>): TargetRules | undefined {
  const count = Math.max(allow?.length ?? 0, deny?.length ?? 0)
  if (count > maxRules) throw new RangeError(`a list of ${count} targets; ${maxRules} are the most`)
  // An empty list would allow all targets.
  if (allow?.length === 0) throw new RangeError('allow is empty; leave it out for all targets of the token')
  return allow === undefined && deny === undefined
    ? undefined
    : new TargetRules({ allow: allow ?? [], deny: deny ?? [] })
}

/**
 * Longest time to connect, in milliseconds. A page that is loaded needs its ticket within seconds; an hour is for
 * tickets sent by mail.
 */
const maxUseWithinMs = 3_600_000

/** Most tickets: 10,000 with a few rules are about 10 MB. */
const maxTickets = 10_000

/** Most rules: each is compared with each target. */
const maxRules = 1000
