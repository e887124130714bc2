/** What a {@link Ledger} needs of the one above it. */
export interface LedgerParent {
  /** Adds a member to the tree. */
  join(member: Ledger): void
  /** Removes a member. */
  leave(member: Ledger): void
  /** A member held `before` bytes, and holds `after` now. */
  memberHolds(before: number, after: number): void
  /** Whether a member that holds `before` bytes may hold `after`. */
  fitsMember(before: number, after: number): boolean
  /** Whether a member with so many bytes holds too much. */
  overdrawnBy(memberBytes: number): boolean
  /** Unused part of the maximum of a member with so many bytes. */
  freePartFor(memberBytes: number): number
}

/**
 * Counts bytes in a tree: process → tenant → session. `take` never exceeds a limit. `add` counts bytes that already
 * exist; {@link overdrawn} then says which member has to stop.
 */
export class Ledger {
  readonly limitBytes: number
  readonly #parent: LedgerParent | undefined
  #bytes = 0
  #closed = false

  /** @param limitBytes Most bytes, including those of all members. */
  constructor(limitBytes: number, parent?: LedgerParent) {
    this.limitBytes = limitBytes
    this.#parent = parent
    parent?.join(this)
  }

  get bytes(): number {
    return this.#bytes
  }

  /**
   * Whether this member holds too much: more than its own limit or, while the common limit is exceeded, more than the
   * others on average. Always false within its share.
   */
  get overdrawn(): boolean {
    return this.#bytes > this.limitBytes || this.#parent?.overdrawnBy(this.#bytes) === true
  }

  /** Unused part of this member's maximum: 1 when empty, 0 or less when full. */
  get freePart(): number {
    const own = 1 - this.#bytes / Math.max(1, this.limitBytes)
    return this.#parent === undefined ? own : Math.min(own, this.#parent.freePartFor(this.#bytes))
  }

  /** Whether `bytes` more fit everywhere. */
  fits(bytes: number): boolean {
    const after = this.#bytes + bytes
    return after <= this.limitBytes && this.#parent?.fitsMember(this.#bytes, after) !== false
  }

  /** Counts `bytes` if they fit everywhere; changes nothing otherwise. */
  take(bytes: number): boolean {
    if (!this.fits(bytes)) return false
    this.add(bytes)
    return true
  }

  /** Counts `bytes`, even above the limit; fewer than 0 to return bytes. */
  add(bytes: number): void {
    if (this.#closed) return
    this.#parent?.memberHolds(this.#bytes, this.#bytes + bytes)
    this.#bytes += bytes
  }

  /** Returns everything and leaves the tree; later changes are ignored. */
  close(): void {
    if (this.#closed) return
    this.add(-this.#bytes)
    this.#closed = true
    this.#parent?.leave(this)
  }
}
