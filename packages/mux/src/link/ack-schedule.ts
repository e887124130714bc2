import type { AckArrival } from '@ls/codec'
import type { Clock, TimerHandle } from '@ls/foundation'

/**
 * Decides when an Ack is due: after 256 KiB or 50 ms, whichever comes first (protocol.md §3). With `ack2` also after
 * two messages, at most every 5 ms, so that the sender detects changes of the path in time; only while there is bulk,
 * since only bulk fills a path, and the Acks would be a third of the messages of a connection that carries little.
 */
export class AckSchedule {
  readonly #clock: Clock
  readonly #prompt: boolean
  readonly #onDue: () => void
  #bytes = 0
  #messages = 0
  /** Messages in both directions since the last long one. */
  #shortMessages = Infinity
  #arrivedAtMs = 0
  #lastAtMs = -Infinity
  #timer: TimerHandle | undefined
  #timerDueMs = Infinity

  constructor(clock: Clock, prompt: boolean, onDue: () => void) {
    this.#clock = clock
    this.#prompt = prompt
    this.#onDue = onDue
  }

  /** Called when a numbered message has arrived or was sent: detects bulk. */
  passed(bytes: number): void {
    this.#shortMessages = bytes >= bulkMessageBytes ? 0 : this.#shortMessages + 1
  }

  /** Called when a numbered message has arrived. */
  received(bytes: number): void {
    this.#bytes += bytes
    this.#messages++
    this.passed(bytes)
    const now = this.#clock.now()
    this.#arrivedAtMs = now
    if (this.#bytes >= ackEveryBytes) return this.#due()
    const isPrompt = this.#prompt && this.#messages > 1 && this.#shortMessages < shortMessages
    const dueMs = isPrompt ? Math.max(this.#lastAtMs + promptMs, now) : now + ackDelayMs
    if (dueMs <= now) return this.#due()
    if (dueMs >= this.#timerDueMs) return
    this.#clock.clearTimeout(this.#timer)
    this.#timerDueMs = dueMs
    this.#timer = this.#clock.setTimeout(() => this.#due(), dueMs - now)
  }

  /** Returns the arrival data of the last message, for an Ack that leaves now. */
  takeArrival(): AckArrival | undefined {
    if (!this.#prompt) return undefined
    const now = this.#clock.now()
    this.#lastAtMs = now
    const delayUs = Math.min(Math.round((now - this.#arrivedAtMs) * 1000), 0xffff_ffff)
    return { atUs: Math.round(this.#arrivedAtMs * 1000) % 0x1_0000_0000, delayUs }
  }

  /** Cancels the Ack until the next message. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#timerDueMs = Infinity
    this.#bytes = 0
    this.#messages = 0
  }

  #due(): void {
    this.stop()
    this.#onDue()
  }
}

const ackEveryBytes = 262_144
const ackDelayMs = 50

/**
 * Length from which a message counts as bulk, in bytes: below the smallest full packet of QUIC, 1200 bytes (RFC 9000
 * §14.1), which channels for UDP may carry.
 */
const bulkMessageBytes = 1024

/**
 * Short messages in a row after which bulk counts as over: while bulk runs, one message in a few is long even on a slow
 * path.
 */
const shortMessages = 64

/** Least time between two prompt Acks, in milliseconds: at most two hundred a second. */
const promptMs = 5
