import { checkDurationMs, type Clock } from '@ls/foundation'
import { TargetRules } from '@ls/relay'
import { AllowedOrigins } from '@ls/transport'
import { ServerError } from '../errors.js'
import { Forbidden } from '../links/handshake.js'
import type { Identity, Peer } from '../links/peer.js'
import { makeToken, type TokenRegistry } from '../tokens/token-registry.js'
import { keyOfHash, tokenKey } from '../tokens/token-text.js'
import type { AccessTicket, MadeTicket, TicketRequest } from './access-ticket.js'
import { parseStoredTicket, storedTicket } from './stored-ticket.js'
import type { KeptTickets, TicketClaims } from './ticket-claims.js'

/** Other processes that have the same tickets. */
export interface TicketNodes {
  readonly claims?: TicketClaims
  readonly tickets?: KeptTickets
}

/**
 * Tickets for web pages: each lets one client use a token that it never receives. Tickets are only in memory, since
 * they expire too soon to be worth saving for a restart.
 */
export class Tickets {
  /** Tickets by the key of the text that clients send, as for tokens. */
  readonly #byKey = new Map<string, AccessTicket>()
  readonly #tokens: TokenRegistry
  readonly #clock: Clock
  readonly #claims: TicketClaims | undefined
  readonly #kept: KeptTickets | undefined

  /** @param nodes Other processes that have the same tickets. @default a ticket is known to this process only */
  constructor(tokens: TokenRegistry, clock: Clock, nodes?: TicketNodes) {
    this.#tokens = tokens
    this.#clock = clock
    this.#claims = nodes?.claims
    this.#kept = nodes?.tickets
  }

  /** Number of tickets. Expired ones are counted until they are removed, which happens when there are many. */
  get size(): number {
    return this.#byKey.size
  }

  /**
   * Creates a ticket: it admits a single client with the rights of a token, or with fewer.
   *
   * @param ticket Text of a ticket that another process of the server has created. @default a new one
   * @throws ServerError for an unknown token, and when 10,000 are in use; RangeError for an invalid target, origin or
   * time
   */
  make(request: TicketRequest, ticket: string = `ticket-${makeToken()}`): MadeTicket {
    const made = this.#add(tokenKey(ticket), request)
    return { ticket, useBeforeMs: Date.now() + made.useBeforeMs - this.#clock.now() }
  }

  /**
   * Keeps a ticket for processes that start later. Resolves when they would know it.
   *
   * @throws Error when it cannot be kept
   */
  async keep(request: TicketRequest, { ticket, useBeforeMs }: MadeTicket): Promise<void> {
    await this.#kept?.keep(tokenKey(ticket), storedTicket(request, useBeforeMs))
  }

  /** Adds a ticket that another process keeps, unless it is over or its token is not known here. Never throws. */
  restore(key: string, text: string): void {
    const request = parseStoredTicket(text, Date.now())
    if (request === undefined || this.#byKey.has(key)) return
    try {
      this.#add(key, request)
    } catch {
      // Its token was removed, or this process has no room for it.
    }
  }

  /** Handles a ticket that is over for another process. A client that uses it here keeps its sessions. */
  dropped(key: string): void {
    if (this.#byKey.get(key)?.sessions.size === 0) this.#byKey.delete(key)
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
    this.#forget(ticket)
    return undefined
  }

  /**
   * Assigns a ticket to the client that uses it; with other processes, a promise says when. @throws Forbidden where it
   * is for another page, or another client has used it; the promise may reject with it as well
   */
  claim({ ticket, instance }: Identity, origin: string | undefined): Promise<void> | undefined {
    if (ticket === undefined) return undefined
    const { origins, lifetimeMs = Infinity } = ticket
    // Programs send no origin, so they cannot use a ticket for a page.
    if (origins !== undefined && (origin === undefined || !origins.has(origin)))
      throw new Forbidden(`the ticket is not for ${origin?.slice(0, 100) ?? 'programs'}`)
    if (ticket.user === undefined && this.#claims !== undefined) return this.#claim(ticket, instance, this.#claims)
    ticket.user ??= { instance, endsAtMs: this.#clock.now() + lifetimeMs }
    checkUser(ticket, instance)
    return undefined
  }

  /** Handles a client that has a session. */
  joined({ ticket, session }: Peer): void {
    if (ticket === undefined) return
    const leftMs = ticket.isRevoked ? 0 : (ticket.user?.endsAtMs ?? Infinity) - this.#clock.now()
    const end = (): void => session.close(ticket.isRevoked ? revoked : 'the time of the ticket is over')
    ticket.sessions.set(session, leftMs === Infinity ? undefined : this.#clock.setTimeout(end, Math.max(0, leftMs)))
  }

  /** Handles the end of a session. */
  left({ ticket, session }: Peer): void {
    this.#clock.clearTimeout(ticket?.sessions.get(session))
    ticket?.sessions.delete(session)
  }

  /**
   * Revokes a ticket and closes its client's sessions; false if there is none.
   *
   * @param isLast Whether no other process has it any more. @default true
   */
  remove(ticket: string, { isLast = true }: { readonly isLast?: boolean } = {}): boolean {
    const known = this.#byKey.get(tokenKey(ticket))
    if (known === undefined) return false
    if (isLast) this.#forget(known)
    else this.#byKey.delete(known.key)
    known.isRevoked = true
    for (const session of known.sessions.keys()) session.close(revoked)
    return true
  }

  /** Asks for the ticket in all processes. The lifetime begins with its first link in any of them. */
  async #claim(ticket: AccessTicket, instance: string, claims: TicketClaims): Promise<void> {
    const { lifetimeMs } = ticket
    const nowMs = Date.now()
    const wanted: Claim = { instance, endsAt: lifetimeMs === undefined ? undefined : nowMs + lifetimeMs }
    const claim = JSON.parse(await claims.claim(ticket.key, JSON.stringify(wanted))) as Claim
    // A clock that was set back does not make the lifetime longer.
    const leftMs = Math.min(claim.endsAt === undefined ? Infinity : claim.endsAt - nowMs, lifetimeMs ?? Infinity)
    if (ticket.isRevoked) {
      claims.unclaim(ticket.key)
      throw new Forbidden(revoked)
    }
    ticket.user ??= { instance: claim.instance, endsAtMs: this.#clock.now() + leftMs }
    checkUser(ticket, instance)
  }

  /** Adds a ticket; one with this key that is known already stays as it is. */
  #add(key: string, request: TicketRequest): AccessTicket {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const made = { ...this.#parse(request), key }
    this.#makeRoom()
    this.#byKey.set(key, made)
    return made
  }

  /** Removes a ticket that no process admits any more. */
  #forget({ key, user }: AccessTicket): void {
    this.#byKey.delete(key)
    this.#kept?.drop(key)
    if (user !== undefined) this.#claims?.unclaim(key)
  }

  #parse({ token, origin, lifetimeMs, useWithinMs = 60_000, ...targets }: TicketRequest): Omit<AccessTicket, 'key'> {
    const record = this.#tokens.find(token)
    if (record === undefined) throw new ServerError('ERR_SERVER_TOKEN_INVALID', 'token does not exist')
    const rules = rulesOf(targets)
    if (record.kind === 'reverse' && rules !== undefined)
      throw new RangeError('a ticket for a provider has no targets: its connectors choose them')
    if (checkDurationMs('useWithinMs', useWithinMs, 1) > maxUseWithinMs)
      throw new RangeError(`useWithinMs is ${useWithinMs}; the limit is ${maxUseWithinMs}`)
    return {
      record,
      rules,
      origins: origin === undefined ? undefined : new AllowedOrigins([origin]),
      useBeforeMs: this.#clock.now() + useWithinMs,
      lifetimeMs: lifetimeMs === undefined ? undefined : checkDurationMs('lifetimeMs', lifetimeMs, 1),
      user: undefined,
      isRevoked: false,
      sessions: new Map(),
    }
  }

  /** Removes expired tickets when there are many. @throws ServerError when all are in use */
  #makeRoom(): void {
    if (this.#byKey.size < maxTickets) return
    for (const ticket of this.#byKey.values()) if (this.#isOver(ticket)) this.#forget(ticket)
    if (this.#byKey.size < maxTickets) return
    throw new ServerError('ERR_SERVER_TOO_MANY_TOKENS', `there are ${maxTickets} tickets in use, the limit`)
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

const revoked = 'the ticket was revoked'

/** @throws Forbidden for any client but the one that has used it first */
function checkUser({ user }: AccessTicket, instance: string): void {
  if (user?.instance !== instance) throw new Forbidden('the ticket has been used')
}

/** Claim as JSON. */
interface Claim {
  readonly instance: string
  /** End of the lifetime, in milliseconds since 1970: the processes are on one machine. */
  readonly endsAt?: number | undefined
}

function rulesOf({ allow, deny }: Pick<TicketRequest, 'allow' | 'deny'>): TargetRules | undefined {
  const count = Math.max(allow?.length ?? 0, deny?.length ?? 0)
  if (count > maxRules) throw new RangeError(`a list of ${count} targets; the limit is ${maxRules}`)
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
