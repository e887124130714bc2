import type { TimerHandle } from '@ls/foundation'
import type { ChannelHost } from '../session/table-entry.js'

/**
 * Deadline for a peer's answer to Connect: `timeoutMs`, counted only while the link is up, and {@link answerLimitMs} in
 * total. Without a link the channel waits as open ones do (protocol.md §3, `resume`).
 */
export class AnswerDeadline {
  readonly #host: ChannelHost
  readonly #timeoutMs: number
  readonly #onPassed: (error: string) => void
  readonly #askedAtMs: number
  readonly #linkedAtMs: number
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
    this.#timer = this.#host.options.clock.setTimeout(() => this.#check(), waitMs)
  }

  #check(): void {
    const remainingMs = this.#remainingMs
    if (remainingMs > 0) this.#wait(remainingMs)
    else this.#onPassed(`timeout: the peer did not answer within ${Math.round(this.#elapsedMs)} ms`)
  }
}

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
