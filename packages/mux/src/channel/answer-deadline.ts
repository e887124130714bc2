import type { TimerHandle } from '@ls/foundation'
import type { ChannelHost } from '../session/table-entry.js'

/**
 * Deadline for a peer's answer to Connect: `timeoutMs`, counted only while the link is up, and {@link answerLimitMs} in
 * total. Without a link the channel waits as open ones do (protocol.md §3, `resume`). After a standstill of our own
 * process, which may have kept it from reading the answer, the peer gets up to 5 s more.
 */
export class AnswerDeadline {
  readonly #host: ChannelHost
  readonly #timeoutMs: number
  readonly #onPassed: (error: string) => void
  readonly #askedAtMs: number
  readonly #linkedAtMs: number
  #dueMs = 0
  #hadGrace = false
  #timer: TimerHandle

  constructor(host: ChannelHost, timeoutMs: number, onPassed: (error: string) => void) {
    this.#host = host
    this.#timeoutMs = timeoutMs
    this.#onPassed = onPassed
    this.#askedAtMs = host.options.clock.now()
    this.#linkedAtMs = host.linkedMs()
    this.#wait(this.#remainingMs)
  }

  /** Stops the deadline: the peer has answered, or the channel is gone. */
  stop(): void {
    this.#host.options.clock.clearTimeout(this.#timer)
  }

  get #elapsedMs(): number {
    return this.#host.options.clock.now() - this.#askedAtMs
  }

  get #remainingMs(): number {
    const timeoutMs = this.#timeoutMs
    const linkedMs = this.#host.linkedMs() - this.#linkedAtMs
    const limitMs = Math.max(answerLimitMs, timeoutMs)
    return remainingAnswerMs({ linkedMs, elapsedMs: this.#elapsedMs, timeoutMs, limitMs })
  }

  #wait(waitMs: number): void {
    const { clock } = this.#host.options
    this.#dueMs = clock.now() + waitMs
    this.#timer = clock.setTimeout(() => this.#check(), waitMs)
  }

  #check(): void {
    const remainingMs = this.#remainingMs
    if (remainingMs > 0) return this.#wait(remainingMs)
    if (!this.#hadGrace && this.#host.options.clock.now() - this.#dueMs > lateMs) {
      this.#hadGrace = true
      return this.#wait(graceMs)
    }
    this.#onPassed(`timeout: the peer did not answer within ${Math.round(this.#elapsedMs)} ms`)
  }
}

/** Delay of a timer, in milliseconds, that shows that our own process stood still: an answer may wait to be read. */
const lateMs = 100

/** Time to read and process what has arrived meanwhile, in milliseconds, as for pings. */
const graceMs = 5000

/** How long a channel has waited for its answer, and how long it may wait, in milliseconds. */
export interface AnswerWait {
  /** Time waited while the link was up. */
  readonly linkedMs: number
  /** Time waited in all. */
  readonly elapsedMs: number
  /** Time allowed while the link is up. */
  readonly timeoutMs: number
  /** Time allowed in all, however long the link was down. */
  readonly limitMs: number
}

/**
 * Returns the longest time that a channel still waits for its answer, in milliseconds; 0 when that time is over. Time
 * without a link is not the peer's fault, so it counts only towards the limit.
 */
export function remainingAnswerMs({ linkedMs, elapsedMs, timeoutMs, limitMs }: AnswerWait): number {
  return Math.max(0, Math.min(timeoutMs - linkedMs, limitMs - elapsedMs))
}

/** Longest wait for an answer in total, in milliseconds: the default grace time of a session. */
const answerLimitMs = 60_000
