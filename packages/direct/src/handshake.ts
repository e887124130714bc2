import type { Clock } from '@ls/foundation'
import { MessageReader, type MessageTransport, type Session } from '@ls/mux'
import { DirectError } from './errors.js'
import { decodeGreeting, encodeGreeting, type Greeting, type Hello, type Purpose, type Welcome } from './greeting.js'
import { type Proof, randomId } from './proof.js'

/** Time for each message of the peer before the session continues, in milliseconds. */
const greetingTimeoutMs = 10_000

/** Reads and sends the messages that come before a session, each with its proof. */
export class Conversation {
  readonly transport: MessageTransport
  readonly #reader: MessageReader
  #proof: Proof | undefined
  /** Values that both ends must agree on; part of every MAC from now on. */
  #context: readonly (string | number)[] = []

  constructor(transport: MessageTransport, clock: Clock) {
    this.transport = transport
    this.#reader = new MessageReader(transport, clock)
  }

  /** Sets the proof: from now on each message must prove that its sender has the token and the same values. */
  agree(proof: Proof, context: readonly (string | number)[]): void {
    this.#proof = proof
    this.#context = context
  }

  /** Reads the next greeting, of this kind. @throws DirectError for another one, MuxError when none comes */
  async next<Kind extends Greeting['kind']>(kind: Kind): Promise<Greeting & { readonly kind: Kind }> {
    const greeting = decodeGreeting(await this.#reader.next(greetingTimeoutMs))
    if (greeting.kind === 'refused') throw refusedBecause(greeting.reason)
    if (!isOf(greeting, kind))
      throw new DirectError('ERR_DIRECT_PROTOCOL', `the peer sent ${greeting.kind} where ${kind} was due`)
    return greeting
  }

  send(greeting: Greeting): void {
    this.transport.send(encodeGreeting(greeting))
  }

  /** MAC of a message to send. */
  mac(kind: Greeting['kind'], value: string | number): string {
    return this.#known.mac([kind, value, ...this.#context])
  }

  /** Checks the peer's MAC. @throws DirectError if it does not match */
  check(greeting: { readonly kind: Greeting['kind']; readonly mac: string }, value: string | number): void {
    if (this.#known.fits(greeting.mac, [greeting.kind, value, ...this.#context])) return
    const text = 'the peer did not prove that it has the connector token, or an attacker is on the path'
    throw new DirectError('ERR_DIRECT_PROOF', text)
  }

  get #known(): Proof {
    if (this.#proof === undefined) throw new TypeError('no proof is agreed on yet')
    return this.#proof
  }
}

/** First message of a connector. `binding` identifies the connection: both ends must see the same one. */
export interface ConnectorGreeting {
  readonly proof: Proof
  readonly purpose: Purpose
  readonly session: string
  readonly binding: string
  /** Whether the connector makes spans. */
  readonly trace: boolean
}

/**
 * Performs the connector's first half: afterwards each end knows that the other has the token. Returns what the
 * provider has told about itself.
 */
export async function introduce(
  talk: Conversation,
  { proof, purpose, session, binding, trace }: ConnectorGreeting,
): Promise<Pick<Welcome, 'provider' | 'trace'>> {
  const nonce = randomId()
  const mac = proof.mac(['hello', purpose, session, nonce, binding])
  talk.send({ kind: 'hello', purpose, session, nonce, mac, ...(trace && { trace }) })
  const welcome = await talk.next('welcome')
  talk.agree(proof, [purpose, session, nonce, welcome.nonce, binding])
  talk.check(welcome, welcome.nonce)
  return welcome
}

/** A connector's greeting and the token that it has proven. */
export interface ProvenConnector<Known extends { readonly proof: Proof }> {
  readonly hello: Hello
  readonly known: Known
}

/** What a provider knows when a connector comes: all possible tokens, the connection, and itself. */
export interface ProviderContext<Known> {
  readonly candidates: Iterable<Known>
  readonly binding: string
  readonly provider: string
  /** Whether the provider makes spans. */
  readonly trace: boolean
}

/** Performs the provider's first half. @throws DirectError for a token that is no candidate */
export async function receive<Known extends { readonly proof: Proof }>(
  talk: Conversation,
  { candidates, binding, provider, trace }: ProviderContext<Known>,
): Promise<ProvenConnector<Known>> {
  const hello = await talk.next('hello')
  const parts = ['hello', hello.purpose, hello.session, hello.nonce, binding]
  for (const known of candidates) {
    if (!known.proof.fits(hello.mac, parts)) continue
    const nonce = randomId()
    talk.agree(known.proof, [hello.purpose, hello.session, hello.nonce, nonce, binding])
    talk.send({ kind: 'welcome', nonce, provider, mac: talk.mac('welcome', nonce), ...(trace && { trace }) })
    return { hello, known }
  }
  const reason = 'this provider does not know the connector token; one that was added by the API cannot be used'
  talk.send({ kind: 'refused', reason })
  throw new DirectError('ERR_DIRECT_PROOF', 'a connector came with a token that this provider did not add')
}

/** Moves the connector's session to the connection of `talk`. @throws DirectError or MuxError; then it has no link */
export async function moveOver(talk: Conversation, session: Session, wrap = same): Promise<void> {
  session.detach()
  const received = session.receivedSequence
  talk.send({ kind: 'move', received, mac: talk.mac('move', received) })
  const moved = await talk.next('moved')
  talk.check(moved, moved.received)
  if (session.attach(wrap(talk.transport), moved.received)) return
  session.close('the provider lacks messages that are no longer kept')
  throw new DirectError('ERR_DIRECT_PATH', 'the session cannot go on')
}

/** Moves the provider's session, which `find` returns; `find` must not throw for a session that has ended. */
export async function followOver(talk: Conversation, find: (received: number) => Session | undefined): Promise<void> {
  const move = await talk.next('move')
  talk.check(move, move.received)
  const session = find(move.received)
  if (session === undefined || !session.canResume(move.received)) {
    talk.send({ kind: 'refused', reason: sessionUnknown })
    throw new DirectError('ERR_DIRECT_PATH', 'a connector asked for a session that is over')
  }
  session.detach()
  const received = session.receivedSequence
  talk.send({ kind: 'moved', received, mac: talk.mac('moved', received) })
  session.attach(talk.transport, move.received)
}

/** Exchanges both descriptions of a path, each proven by the token. */
export async function offerPath(talk: Conversation, sdp: string): Promise<string> {
  talk.send({ kind: 'offer', sdp, mac: talk.mac('offer', sdp) })
  const answer = await talk.next('answer')
  talk.check(answer, answer.sdp)
  return answer.sdp
}

/** Reads the connector's description of a path. */
export async function readOffer(talk: Conversation): Promise<string> {
  const offer = await talk.next('offer')
  talk.check(offer, offer.sdp)
  return offer.sdp
}

function refusedBecause(reason: string): DirectError {
  const code = reason === sessionUnknown ? 'ERR_DIRECT_ELSEWHERE' : 'ERR_DIRECT_PATH'
  return new DirectError(code, `the peer refuses the direct path: ${reason}`)
}

/** Reason of a provider that does not have the session; another one of the same token may. */
const sessionUnknown = 'the session is not here'

function same(transport: MessageTransport): MessageTransport {
  return transport
}

function isOf<Kind extends Greeting['kind']>(
  greeting: Greeting,
  kind: Kind,
): greeting is Greeting & { readonly kind: Kind } {
  return greeting.kind === kind
}
