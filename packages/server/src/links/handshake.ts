import { randomBytes, timingSafeEqual } from 'node:crypto'
import {
  anonymousToken,
  decode,
  encode,
  type Extension,
  type HelloMessage,
  MessageType,
  newChannelId,
  type ResumeMessage,
} from '@ls/codec'
import { helloWindowBytes, type MessageTransport, MessageReader, type Session } from '@ls/mux'
import { hashToken, type ParsedAuthQuery } from '@ls/transport'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import { makeSessionId } from '../session-owners/session-id.js'
import type { AccessTicket } from '../tickets/access-ticket.js'
import type { ReverseToken, TokenRecord, TokenRegistry } from '../tokens/token-registry.js'
import type { Identity } from './peer.js'

/**
 * Data by which a client that lost its link names its session and proves its right to it (protocol.md §3, `resume`).
 */
export interface ResumeKey {
  /** Id of the session, as hex. */
  readonly id: string
  readonly secret: Uint8Array
  readonly record: TokenRecord
  readonly session: Session
}

/** Terms on which the server and a new client agreed. */
export interface Agreement {
  readonly identity: Identity
  readonly extensions: readonly Extension[]
  readonly peerWindowBytes: number | undefined
  /** Id and secret of the new session; undefined without `resume`. */
  readonly resumeKey: Omit<ResumeKey, 'session'> | undefined
}

/** Result of a successful handshake: a new session is created, or the one with this id continues. */
export type HandshakeOutcome =
  | { readonly kind: 'agreed'; readonly agreement: Agreement }
  | { readonly kind: 'resumed'; readonly id: string }
  /** The link carries urgent messages of a session that already has a link. */
  | { readonly kind: 'urgent' }

export interface HandshakeDependencies {
  readonly options: ResolvedServerOptions
  readonly tokens: TokenRegistry
  /** Finds the ticket for a token by its SHA-256, in lowercase hex. */
  findAccess(shownHash: string): AccessTicket | undefined
  /** Finds the session that a client asks to resume. */
  findResumable(id: string): ResumeKey | undefined
  /** Time until the client's credentials may be checked, in milliseconds. */
  readonly waitMs: () => number
  /** Called when the client has sent a known token; false if there is no room for it. */
  proven(): boolean
  /**
   * Creates the identity of a client without a token; undefined where the server is no relay. @throws Refusal or
   * RetryLater
   */
  readonly newcomer: ((reverse: boolean, instance: string | undefined) => ReverseToken | undefined) | undefined
  /** Wraps the transport for the session, to charge incoming bytes where the token belongs to a relay. */
  meter(record: TokenRecord, transport: MessageTransport): MessageTransport
  /** Resolves when a new session of that token may begin. */
  admit(record: TokenRecord): Promise<void>
  /** Checks this client against its token's policy. @throws Forbidden, or RetryLater if it may try again */
  permit(identity: Identity): Promise<void> | undefined
  /** Checks that the token may have another link: in place of the session's, or besides it. @throws RetryLater */
  assertRoom(record: TokenRecord, session?: Session, place?: 'instead' | 'beside'): void
}

/** The client was refused; `reason` is the text that it received. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/** The token is known, but its policy does not admit this client. */
export class Forbidden extends Refusal {
  constructor(reason: string) {
    super(`forbidden: ${reason}`)
  }
}

/** The client's address has sent too many wrong tokens or keys. */
export class Throttled extends Error {
  override readonly name = 'Throttled'

  constructor(waitMs: number) {
    super(`too many wrong tokens or keys from this address: wait ${Math.ceil(waitMs / 1000)} s`)
  }
}

/**
 * Performs the server's side of the handshake (protocol.md §1 "Opening a link", §3).
 *
 * @throws Refusal when the token or the order of messages is wrong; the caller answers
 */
export async function shakeHands(
  transport: MessageTransport,
  query: ParsedAuthQuery,
  dependencies: HandshakeDependencies,
): Promise<HandshakeOutcome> {
  const { options } = dependencies
  const reader = new MessageReader(transport, options.clock)
  const identity = await authenticate(reader, query, dependencies)
  if (!dependencies.proven()) throw new Error('all links are in use')
  const permission = dependencies.permit(identity)
  if (permission !== undefined) await permission
  if (query.resume === undefined) await admit(identity.record, dependencies)
  const known = identity.record.kind === 'reverse' ? [...options.extensions, expose] : options.extensions
  const extensions = known.filter((extension) => query.extensions.includes(extension))
  const resumeKey = extensions.includes('resume') ? makeResumeKey(identity.record, options) : undefined
  if (extensions.length > 0) transport.send(encode(ourHello(extensions, resumeKey, options)))
  transport.send(encode({ type: MessageType.AuthResponse, success: true, ...ownToken(identity.record) }))
  if (extensions.length === 0) return agreed({ identity, extensions, peerWindowBytes: undefined, resumeKey: undefined })

  let first = decode(await reader.next(options.handshakeTimeoutMs))
  if (first.type === MessageType.Resume && first.urgent === true) {
    joinSession(first, transport, identity, dependencies)
    return { kind: 'urgent' }
  }
  if (first.type === MessageType.Resume) {
    const old = dependencies.findResumable(hex(first.session))
    if (old !== undefined && mayResume(old, first.secret, identity)) {
      dependencies.assertRoom(identity.record, old.session)
      const metered = dependencies.meter(identity.record, transport)
      if (resume(old.session, metered, first.sequence)) return { kind: 'resumed', id: old.id }
    }
    await admit(identity.record, dependencies)
    const error = 'the session is not known here: it has expired, or the server was restarted'
    transport.send(encode({ type: MessageType.Resumed, success: false, sequence: 0, error }))
    first = decode(await reader.next(options.handshakeTimeoutMs))
  }
  if (first.type !== MessageType.Hello) throw new Refusal('Hello was expected')
  return agreed({ identity, extensions, peerWindowBytes: first.windowBytes, resumeKey })
}

/** Attaches a second link to a session. Only the client that has the session's secret can do so. */
function joinSession(
  { session: id, secret }: ResumeMessage,
  transport: MessageTransport,
  identity: Identity,
  { findResumable, assertRoom, meter }: HandshakeDependencies,
): void {
  const resumeKey = findResumable(hex(id))
  const session = resumeKey !== undefined && mayResume(resumeKey, secret, identity) ? resumeKey.session : undefined
  if (session?.linked !== true || !session.options.urgent) throw new Error('there is no session with a link to join')
  assertRoom(identity.record, session, 'beside')
  transport.send(encode({ type: MessageType.Resumed, success: true, sequence: 0 }))
  session.attachUrgent(meter(identity.record, transport))
}

async function admit(record: TokenRecord, dependencies: HandshakeDependencies): Promise<void> {
  dependencies.assertRoom(record)
  await dependencies.admit(record)
}

/** Extension with which providers may request ports; the answer says whether they may. */
const expose: Extension = 'expose'

function agreed(agreement: Agreement): HandshakeOutcome {
  return { kind: 'agreed', agreement }
}

async function authenticate(
  reader: MessageReader,
  query: ParsedAuthQuery,
  dependencies: HandshakeDependencies,
): Promise<Identity> {
  const { options, tokens, waitMs, findAccess } = dependencies
  if (query.malformedToken || query.tokenHash !== undefined) throttle(waitMs())
  if (query.malformedToken) throw new Refusal('invalid token format')
  if (query.tokenHash !== undefined) {
    const [isAnonymous, known] = [query.tokenHash === anonymousHash, tokens.findByHash(query.tokenHash)]
    const ticket = known === undefined ? findAccess(query.tokenHash) : undefined
    return identify({ isAnonymous, known, ticket, reverse: query.reverse, instance: query.instance }, dependencies)
  }
  const auth = decode(await reader.next(options.handshakeTimeoutMs))
  throttle(waitMs())
  if (auth.type !== MessageType.Auth) throw new Refusal('invalid auth message')
  const [isAnonymous, known] = [auth.token === anonymousToken, tokens.findShown(auth.token)]
  const ticket = known === undefined ? findAccess(hashToken(auth.token)) : undefined
  return identify({ isAnonymous, known, ticket, reverse: auth.reverse, instance: auth.instance }, dependencies)
}

/** Checked before any comparison: a correct token waits as well. */
function throttle(waitMs: number): void {
  if (waitMs > 0) throw new Throttled(waitMs)
}

/** Hash that a client without a token sends. */
export const anonymousHash = hashToken(anonymousToken)

/** Credentials of a client, in either form. */
interface Shown {
  readonly isAnonymous: boolean
  readonly known: TokenRecord | undefined
  readonly ticket: AccessTicket | undefined
  readonly reverse: boolean
  readonly instance: Uint8Array | undefined
}

function identify(
  { isAnonymous, known, ticket, reverse, instance: shown }: Shown,
  { newcomer }: HandshakeDependencies,
): Identity {
  const instance = shown === undefined ? undefined : hex(shown)
  const record = isAnonymous ? newcomer?.(reverse, instance) : (known ?? ticket?.record)
  if (record === undefined) throw new Refusal('invalid token')
  // The peer has authenticated, so the answer may reveal the kind of its token.
  if ((record.kind === 'reverse') !== reverse) throw new Refusal(`invalid token: ${uses[record.kind]}`)
  return { record, instance: instance ?? hex(newChannelId()), ticket }
}

/** Token that a relay sends to a provider, to use when it comes back. */
function ownToken(record: TokenRecord): { token?: string } {
  return record.kind === 'reverse' && record.identity !== undefined ? { token: record.token } : {}
}

const uses = {
  forward: 'this one is for clients, use "linksocks client"',
  reverse: 'this one is for providers, use "linksocks provider"',
  connector: 'this one is for connectors, use "linksocks connector"',
} as const satisfies Record<TokenRecord['kind'], string>

function ourHello(
  extensions: readonly Extension[],
  resumeKey: Agreement['resumeKey'],
  { windowBytes, graceMs }: ResolvedServerOptions,
): HelloMessage {
  const hello = { type: MessageType.Hello, extensions, windowBytes: helloWindowBytes(windowBytes) }
  if (resumeKey === undefined) return hello
  return { session: Buffer.from(resumeKey.id, 'hex'), secret: resumeKey.secret, graceSeconds: graceMs / 1000, ...hello }
}

function makeResumeKey(record: TokenRecord, { sessionOwners }: ResolvedServerOptions): Agreement['resumeKey'] {
  return { id: makeSessionId(sessionOwners?.ownId), secret: randomBytes(secretBytes), record }
}

/** Length of a session's secret: 256 bits cannot be guessed; it is sent once a session. */
const secretBytes = 32

function mayResume(resumeKey: ResumeKey, secret: Uint8Array, identity: Identity): boolean {
  const sameSecret = secret.length === resumeKey.secret.length && timingSafeEqual(secret, resumeKey.secret)
  return sameSecret && resumeKey.record === identity.record
}

function resume(session: Session, transport: MessageTransport, peerReceived: number): boolean {
  if (!session.canResume(peerReceived)) return false
  // The number in Resumed must be final, so the old link is detached first.
  session.detach()
  transport.send(encode({ type: MessageType.Resumed, success: true, sequence: session.receivedSequence }))
  return session.attach(transport, peerReceived)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
