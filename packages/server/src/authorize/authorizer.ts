import { type Clock, type Logger, RareLog, textOf } from '@ls/foundation'
import { type AskService, serviceAt, InvalidAnswer } from './ask-service.js'
import { type AuthorizeOptions, parseVerdict, type Question, type Verdict } from './authorize-options.js'

export interface AuthorizerOptions extends AuthorizeOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Calls the service. @default over HTTP, at `url` */
  readonly ask?: AskService | undefined
}

/** Asks a service which clients and connections are allowed. Answers are cached for as long as the service says. */
export class Authorizer {
  readonly #options: AuthorizerOptions
  readonly #ask: AskService
  readonly #rareLog: RareLog
  /** Answers by their question; the oldest first. */
  readonly #answers = new Map<string, Answer>()
  /** Requests in progress: all, and by token. */
  #running = 0
  readonly #runningOf = new Map<string, number>()

  /** @throws RangeError for an invalid URL */
  constructor(options: AuthorizerOptions) {
    this.#options = options
    this.#ask = options.ask ?? serviceAt(options.url, maxRunning)
    this.#rareLog = new RareLog(options.clock, options.logger)
  }

  /** Whether the service is called for this event. */
  asksAt(event: Question['event']): boolean {
    const { at = 'both' } = this.#options
    return at === 'both' || at === event
  }

  /** Reason why the request is refused; undefined if it is allowed. Never rejects. */
  async refusalOf(question: Question): Promise<string | undefined> {
    const { allow, reason } = await this.#verdictOn(question)
    if (allow) return undefined
    const text = reason ?? 'the authorization service refuses it'
    this.#rareLog.warn('the authorization service refused a client', `token ${question.token.id}: ${text}`)
    return text
  }

  #verdictOn(question: Question): Promise<Verdict> {
    const body = JSON.stringify(question)
    const now = this.#options.clock.now()
    const known = this.#answers.get(body)
    if (known !== undefined && known.endsAtMs > now) return known.verdict
    this.#answers.delete(body)
    // Callers with the same question share the answer.
    const answer: Answer = { verdict: this.#fetch(body, question.token.hash), endsAtMs: Infinity }
    this.#answers.set(body, answer)
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > maxAnswers && oldest !== undefined) this.#answers.delete(oldest)
    void answer.verdict.then(({ ttlMs }) => (answer.endsAtMs = this.#options.clock.now() + ttlMs))
    return answer.verdict
  }

  async #fetch(body: string, token: string): Promise<Verdict> {
    const { timeoutMs = 3000, onFailure = 'refuse' } = this.#options
    const ofToken = this.#runningOf.get(token) ?? 0
    if (this.#running >= maxRunning)
      return this.#failed(`${maxRunning} questions wait for an answer, the limit`, onFailure)
    if (ofToken >= maxRunningOfToken)
      return this.#failed(`${maxRunningOfToken} questions of one token wait for an answer, the limit`, onFailure)
    this.#running++
    this.#runningOf.set(token, ofToken + 1)
    try {
      return parseVerdict(await this.#ask(body, timeoutMs))
    } catch (error) {
      const isWrong = error instanceof InvalidAnswer || error instanceof RangeError
      return this.#failed(textOf(error), onFailure, isWrong ? 'gives a wrong answer' : 'does not answer')
    } finally {
      this.#running--
      this.#finished(token)
    }
  }

  #finished(token: string): void {
    const left = (this.#runningOf.get(token) ?? 0) - 1
    if (left > 0) this.#runningOf.set(token, left)
    else this.#runningOf.delete(token)
  }

  /** Handles a failed request. Only the log gets the cause, which may reveal the network of the server. */
  #failed(cause: string, onFailure: 'refuse' | 'allow', what = 'does not answer'): Verdict {
    const reason = `the authorization service ${what}`
    this.#rareLog.warn(`${reason}, so clients are ${onFailure === 'allow' ? 'admitted' : 'refused'}`, cause)
    return { allow: onFailure === 'allow', reason, ttlMs: failureMs }
  }
}

interface Answer {
  readonly verdict: Promise<Verdict>
  /** End of its validity, in milliseconds of the clock. */
  endsAtMs: number
}

/** Most answers in the cache, of about 300 bytes each. */
const maxAnswers = 10_000

/** Most requests at a time: more would take descriptors that connections need. */
const maxRunning = 64

/** Most requests of one token, so that no token can use all of them. */
const maxRunningOfToken = maxRunning / 2

/** Time before the same question is sent again to a service that is down, in milliseconds. */
const failureMs = 1000
