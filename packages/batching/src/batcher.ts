import { type Clock, systemClock, type TimerHandle } from '@ls/foundation'
import type { DelayPolicy } from './delay-policy.js'
import { BatchingError } from './errors.js'
import { GatherBuffer } from './gather-buffer.js'
import { resolveBufferBytes } from './options.js'

/** Policy and limits of a {@link Batcher}. */
export interface BatcherOptions {
  /** @default systemClock */
  readonly clock?: Clock | undefined
  /** Decides when to flush; a policy measures one stream, so each batcher has its own. */
  readonly policy: DelayPolicy
  /**
   * Most bytes that wait together, and the largest chunk that is flushed; 1 byte to 16 MiB.
   * @default 1_048_576
   */
  readonly bufferBytes?: number | undefined
  /**
   * Receives the bytes, in order and in chunks of 1 to `bufferBytes`. Called from inside `push`, `flush` and `close`,
   * and from the clock. It must not throw, and must not call back into the batcher.
   */
  readonly flush: (chunk: Uint8Array) => void
}

/**
 * Joins the small chunks of a stream into larger ones, for as long as its policy lets them wait. No byte is lost,
 * doubled or reordered. An idle batcher holds no buffer.
 *
 * @example
 * const batcher = new Batcher({ policy: adaptiveDelay(), flush: (chunk) => channel.send(chunk) })
 * socket.on('data', (chunk) => batcher.push(chunk))
 * socket.on('end', () => batcher.close())
 */
export class Batcher {
  readonly #clock: Clock
  readonly #policy: DelayPolicy
  readonly #bufferBytes: number
  readonly #flush: (chunk: Uint8Array) => void
  readonly #waiting: GatherBuffer
  #timer: TimerHandle | undefined
  #timeoutMs = Infinity
  #state: 'open' | 'closed' = 'open'

  /** @throws RangeError when `bufferBytes` is outside its limits. */
  constructor(options: BatcherOptions) {
    this.#clock = options.clock ?? systemClock
    this.#policy = options.policy
    this.#flush = options.flush
    this.#bufferBytes = resolveBufferBytes(options.bufferBytes)
    this.#waiting = new GatherBuffer(this.#bufferBytes)
  }

  /** Bytes that wait for the next flush. */
  get waitingBytes(): number {
    return this.#waiting.length
  }

  /**
   * Adds a chunk, which the caller must not change any more: a single one is flushed without a copy.
   *
   * @throws BatchingError `ERR_BATCHING_CLOSED` after `close`.
   */
  push(chunk: Uint8Array): void {
    if (this.#state === 'closed') {
      throw new BatchingError('ERR_BATCHING_CLOSED', `the batcher is closed and cannot take ${chunk.length} bytes more`)
    }
    if (chunk.length === 0) return
    const nowMs = this.#clock.now()
    const delayMs = this.#policy.delayMs(chunk.length, nowMs)
    this.#append(chunk)
    if (delayMs <= 0) this.flush()
    else if (this.#waiting.length > 0) this.#flushBy(nowMs + delayMs, delayMs)
  }

  /** Flushes the waiting bytes now. */
  flush(): void {
    this.#clearTimer()
    if (this.#waiting.length > 0) this.#flush(this.#waiting.take())
  }

  /** Flushes the waiting bytes and accepts no more. A second call does nothing. */
  close(): void {
    this.#state = 'closed'
    this.flush()
  }

  /** Keeps chunks whole where possible, so that one that fits never needs to be cut and copied. */
  #append(chunk: Uint8Array): void {
    if (this.#waiting.length + chunk.length > this.#bufferBytes) this.flush()
    let start = 0
    for (; chunk.length - start > this.#bufferBytes; start += this.#bufferBytes) {
      this.#flush(chunk.subarray(start, start + this.#bufferBytes))
    }
    this.#waiting.append(start === 0 ? chunk : chunk.subarray(start))
    if (this.#waiting.length === this.#bufferBytes) this.flush()
  }

  /** Limits the wait of a chunk to its own delay, whatever comes after it. */
  #flushBy(timeoutMs: number, delayMs: number): void {
    if (timeoutMs >= this.#timeoutMs) return
    this.#clearTimer()
    this.#timeoutMs = timeoutMs
    this.#timer = this.#clock.setTimeout(() => this.flush(), delayMs)
  }

  #clearTimer(): void {
    if (this.#timeoutMs === Infinity) return
    this.#clock.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#timeoutMs = Infinity
  }
}
