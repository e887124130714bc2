import type { Clock, TimerHandle } from '@ls/foundation'
import type { MessageTransport } from '../link/transport.js'
import type { TableEntry } from './table-entry.js'

export interface ReadingGateOptions {
  readonly clock: Clock
  /** Time for which one entry may hold the gate before it is aborted. */
  readonly timeoutMs: number
  /** Transports that are not read while the gate is closed. */
  readers(): Iterable<Pick<MessageTransport, 'pause' | 'resume'> | undefined>
}

/**
 * Stops reading a transport while some channel has more queued than its limit (protocol.md §2). No byte is dropped, and
 * a channel that stays stuck is cut with a reason so that the others continue.
 *
 * The deadline does not restart with each byte the consumer takes: a very slow consumer would block all others
 * indefinitely.
 */
export class ReadingGate {
  readonly #options: ReadingGateOptions
  /** Entries that hold the gate, each with the time when it began. */
  readonly #holders = new Map<TableEntry, number>()
  #timer: TimerHandle

  constructor(options: ReadingGateOptions) {
    this.#options = options
  }

  get closed(): boolean {
    return this.#holders.size > 0
  }

  /** Closes the gate until `entry` is relieved, released, or aborted. */
  hold(entry: TableEntry): void {
    if (this.#holders.has(entry)) return
    this.#holders.set(entry, this.#options.clock.now())
    if (this.#holders.size > 1) return
    this.#arm()
    for (const reader of this.#options.readers()) reader?.pause()
  }

  /** Releases entries that no longer need the gate, after a queue has shrunk. */
  recheck(): void {
    if (this.#holders.size === 0) return
    for (const entry of this.#holders.keys()) if (entry.relieved) this.release(entry)
  }

  release(entry: TableEntry): void {
    if (!this.#holders.delete(entry) || this.#holders.size > 0) return
    this.#options.clock.clearTimeout(this.#timer)
    for (const reader of this.#options.readers()) reader?.resume()
  }

  #arm(): void {
    const { clock, timeoutMs } = this.#options
    this.#timer = clock.setTimeout(() => this.#check(), timeoutMs / checksPerDeadline)
  }

  #check(): void {
    const { clock, timeoutMs } = this.#options
    // Memory freed by another session can relieve a holder without a call.
    this.recheck()
    for (const [entry, sinceMs] of this.#holders) {
      if (clock.now() - sinceMs < timeoutMs) continue
      entry.abort(`timeout: its unread data blocked all channels for ${timeoutMs} ms`)
      this.release(entry)
    }
    if (this.closed) this.#arm()
  }
}

const checksPerDeadline = 10
