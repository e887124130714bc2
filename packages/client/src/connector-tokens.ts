import { type ConnectorOperation, decode, encode, formatChannelId, MessageType, newChannelId } from '@ls/codec'
import { type Clock, textOf, type TimerHandle } from '@ls/foundation'
import { ClientError } from '@ls/link'
import type { Session } from '@ls/mux'
import { isFinalRefusal, tokenRetryMs } from './refused-tokens.js'

export interface ConnectorTokensOptions {
  readonly clock: Clock
  /** Time for the server to answer, in milliseconds. @default 10000 */
  readonly answerTimeoutMs?: number | undefined
  /** Whether to request a token again that the server refuses for good. @default false */
  readonly retryRefused?: boolean | undefined
}

/** Refusal of a connector token. */
interface TokenRefusal {
  readonly reason: string
  /** Whether the token is not requested again. */
  readonly isFinal: boolean
}

/** Callbacks for the server's answers in a new session. */
export interface ConnectorEvents {
  /** Called when connectors may use the token. */
  onAdded(token: string): void
  /** Called when the server refused the token, once for each reason; the request is repeated unless it is final. */
  onRefused(token: string, refusal: TokenRefusal): void
}

interface Pending {
  readonly session: Session
  resolve(token: string): void
  reject(error: Error): void
  readonly timer: TimerHandle
}

/** Connector tokens of a provider: requested on one link, stored, and requested again after each reconnect. */
export class ConnectorTokens {
  readonly #tokens: Set<string>
  readonly #pending = new Map<string, Pending>()
  /** Tokens that wait for their next request, by their timers. */
  readonly #retries = new Map<TimerHandle, Session>()
  readonly #clock: Clock
  readonly #answerTimeoutMs: number
  readonly #retryRefused: boolean

  constructor(tokens: readonly string[], options: ConnectorTokensOptions) {
    const { clock, answerTimeoutMs = 10_000, retryRefused = false } = options
    this.#tokens = new Set(tokens)
    this.#clock = clock
    this.#answerTimeoutMs = answerTimeoutMs
    this.#retryRefused = retryRefused
  }

  get size(): number {
    return this.#tokens.size
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#tokens.values()
  }

  /**
   * Requests all tokens in a new session (protocol.md §1: "a reverse client re-adds its connector tokens after each
   * reconnect"). A refused token is requested again, since another provider may release it, unless the reason is final.
   */
  sessionBegan(session: Session, events: ConnectorEvents): void {
    for (const token of this.#tokens) void this.#addAgain(session, token, events)
  }

  /** Requests a token over `session`; an empty one lets the server choose. Resolves with the token. */
  async add(session: Session, token: string): Promise<string> {
    const added = await this.#ask(session, token, 'add')
    this.#tokens.add(added)
    return added
  }

  async remove(session: Session, token: string): Promise<void> {
    this.#tokens.delete(token)
    await this.#ask(session, token, 'remove')
  }

  /** Handles a message that belongs to no channel. */
  receive(bytes: Uint8Array): void {
    const message = decode(bytes)
    if (message.type !== MessageType.ConnectorResponse) return
    const pending = this.#take(formatChannelId(message.channelId))
    if (message.success) return pending?.resolve(message.token ?? '')
    pending?.reject(new ClientError('ERR_CLIENT_CONNECTOR_REFUSED', message.error ?? 'the server gave no reason'))
  }

  /** Fails requests of a session that has ended, since no answer will come. */
  sessionClosed(session: Session): void {
    for (const [timer, each] of this.#retries) {
      if (each !== session) continue
      this.#clock.clearTimeout(timer)
      this.#retries.delete(timer)
    }
    for (const [key, pending] of this.#pending) {
      if (pending.session !== session) continue
      this.#take(key)
      pending.reject(new ClientError('ERR_CLIENT_NO_LINK', 'the link was lost before the server answered'))
    }
  }

  /** @param before Reasons of the refusals so far; the last one is not reported again. */
  async #addAgain(
    session: Session,
    token: string,
    events: ConnectorEvents,
    before: { readonly refusals: number; readonly reason?: string } = { refusals: 0 },
  ): Promise<void> {
    try {
      await this.#ask(session, token, 'add')
      events.onAdded(token)
    } catch (error) {
      const reason = textOf(error)
      const isFinal = !this.#retryRefused && isFinalRefusal(reason)
      if (reason !== before.reason) events.onRefused(token, { reason, isFinal })
      if (isFinal || session.state === 'closed') return
      const refusals = before.refusals + 1
      const timer = this.#clock.setTimeout(() => {
        this.#retries.delete(timer)
        if (this.#tokens.has(token)) void this.#addAgain(session, token, events, { refusals, reason })
      }, tokenRetryMs(refusals))
      this.#retries.set(timer, session)
    }
  }

  #ask(session: Session, token: string, operation: ConnectorOperation): Promise<string> {
    const channelId = newChannelId()
    const key = formatChannelId(channelId)
    return new Promise((resolve, reject) => {
      this.#pending.set(key, {
        session,
        resolve: (answer) => resolve(answer === '' ? token : answer),
        reject,
        timer: this.#clock.setTimeout(() => this.#late(key), this.#answerTimeoutMs),
      })
      session.send(encode({ type: MessageType.Connector, channelId, token, operation }))
    })
  }

  #late(key: string): void {
    const text = `the server did not answer within ${this.#answerTimeoutMs} ms`
    this.#take(key)?.reject(new ClientError('ERR_CLIENT_CONNECTOR_REFUSED', text))
  }

  #take(key: string): Pending | undefined {
    const pending = this.#pending.get(key)
    this.#pending.delete(key)
    if (pending !== undefined) this.#clock.clearTimeout(pending.timer)
    return pending
  }
}
