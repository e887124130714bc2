/**
 * Counts bytes against a limit. `take` never exceeds it. `add` counts bytes that already exist; {@link overdrawn} then
 * says that their owner has to stop. {@link MemberLedger} is one of several that share a further limit.
 */
export class Ledger {
  readonly limitBytes: number
  #bytes = 0
  #closed = false

  /** @param limitBytes Most bytes. */
  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether more is held than allowed. */
  get overdrawn(): boolean {
    return this.#bytes > this.limitBytes
  }

  /** Unused part of the maximum: 1 when empty, 0 or less when full. */
  get freePart(): number {
    return 1 - this.#bytes / Math.max(1, this.limitBytes)
  }

  /** Whether `bytes` more fit. */
  fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.limitBytes
  }

  /** Counts `bytes` if they fit; changes nothing otherwise. */
  take(bytes: number): boolean {
    if (!this.fits(bytes)) return false
    this.add(bytes)
    return true
  }

  /** Counts `bytes`, even above the limit; fewer than 0 to return bytes. */
  add(bytes: number): void {
    if (!this.#closed) this.#bytes += bytes
  }

  /** Returns everything; later changes are ignored. */
  close(): void {
    this.add(-this.#bytes)
    this.#closed = true
  }
}
