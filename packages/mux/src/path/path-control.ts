import type { AckArrival } from '@ls/codec'
import { BulkPacer } from './bulk-pacer.js'
import { InFlightLimit } from './in-flight-limit.js'
import type { PathLimit, PathLimitOptions } from './path-limit.js'

/** Limits the bytes of bulk in flight, and spreads them over time where the kernel does not. */
export class PathControl implements PathLimit {
  readonly #options: PathLimitOptions
  readonly #inFlight: InFlightLimit
  readonly #pacer: BulkPacer

  constructor(options: PathLimitOptions) {
    this.#options = options
    this.#inFlight = new InFlightLimit(options)
    this.#pacer = new BulkPacer(options.clock, () => options.onDue())
  }

  get messageBytes(): number {
    return this.#inFlight.messageBytes
  }

  get holdsBack(): boolean {
    if (this.#options.unacknowledgedBytes() < this.#inFlight.bytes) return this.#pacer.holdsBack
    this.#inFlight.reached()
    return true
  }

  get crowded(): boolean {
    return this.#inFlight.crowded
  }

  relax(relaxed: boolean): void {
    this.#inFlight.relax(relaxed)
  }

  restart(sent: number): void {
    this.#inFlight.restart(sent)
  }

  sent(sequence: number, bytes: number): void {
    this.#inFlight.sent(sequence, bytes)
    this.#pacer.sent(bytes)
  }

  acknowledged(sequence: number, bytes: number, arrival: AckArrival | undefined): void {
    this.#inFlight.acknowledged(sequence, bytes, arrival)
    this.#pacer.setRate(this.#inFlight.pace)
  }

  stop(): void {
    this.#pacer.stop()
  }
}
