export interface LedgerLimits {
  /** Most bytes, including those of all members. */
  readonly limitBytes: number
  /**
   * Number of members that are guaranteed an equal part of half the limit. The other half is lent, first come first
   * served. With more members the parts shrink. @default 0, the whole limit is first come first served
   */
  readonly shares?: number | undefined
}

/**
 * Counts bytes in a tree: process → tenant → session. `take` never exceeds a limit. `add` counts bytes that already
 * exist; {@link overdrawn} then says which member has to stop.
 */
export class Ledger {
  readonly limitBytes: number
  readonly #parent: Ledger | undefined
  readonly #shares: number
  readonly #members = new Set<Ledger>()
  #bytes = 0
  /** Bytes that members hold beyond their shares, and the number of such members; without shares, all bytes. */
  #lentBytes = 0
  #borrowers = 0
  #shareBytes: number
  #closed = false

  constructor({ limitBytes, shares = 0 }: LedgerLimits, parent?: Ledger) {
    this.limitBytes = limitBytes
    this.#parent = parent
    this.#shares = shares
    this.#shareBytes = this.#computeShare()
    if (parent !== undefined) parent.#join(this)
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Guaranteed part of each member, in bytes. */
  get shareBytes(): number {
    return this.#shareBytes
  }

  /** Bytes that all members together may hold beyond their shares. */
  get lendableBytes(): number {
    return this.#shares === 0 ? this.limitBytes : this.limitBytes - Math.floor(this.limitBytes / 2)
  }

  /**
   * Whether this member holds too much: more than its own limit or, while the common limit is exceeded, more than the
   * others on average. Always false within its share.
   */
  get overdrawn(): boolean {
    return this.#bytes > this.limitBytes || (this.#parent !== undefined && this.#parent.#overdrawnBy(this.#bytes))
  }

  /** Unused part of this member's maximum: 1 when empty, 0 or less when full. */
  get freePart(): number {
    const own = 1 - this.#bytes / Math.max(1, this.limitBytes)
    return this.#parent === undefined ? own : Math.min(own, this.#parent.#freePartFor(this.#bytes))
  }

  /** Counts `bytes` if they fit everywhere; changes nothing otherwise. */
  take(bytes: number): boolean {
    if (!this.#fits(bytes)) return false
    this.add(bytes)
    return true
  }

  /** Counts `bytes`, even above the limit; fewer than 0 to return bytes. */
  add(bytes: number): void {
    if (this.#closed) return
    if (this.#parent !== undefined) this.#parent.#memberHolds(this.#bytes, this.#bytes + bytes)
    this.#bytes += bytes
  }

  /** Returns everything and leaves the tree; later changes are ignored. */
  close(): void {
    if (this.#closed) return
    this.add(-this.#bytes)
    this.#closed = true
    if (this.#parent !== undefined) this.#parent.#leave(this)
  }

  #computeShare(): number {
    if (this.#shares === 0) return 0
    return Math.floor(Math.floor(this.limitBytes / 2) / Math.max(this.#shares, this.#members.size))
  }

  #join(member: Ledger): void {
    this.#members.add(member)
    this.#shareOut()
  }

  #leave(member: Ledger): void {
    this.#members.delete(member)
    this.#shareOut()
  }

  #shareOut(): void {
    const shareBytes = this.#computeShare()
    if (shareBytes === this.#shareBytes) return
    this.#shareBytes = shareBytes
    this.#lentBytes = 0
    this.#borrowers = 0
    for (const member of this.#members) this.#lend(0, this.#beyondShare(member.#bytes))
  }

  #memberHolds(before: number, after: number): void {
    this.#lend(this.#beyondShare(before), this.#beyondShare(after))
    this.add(after - before)
  }

  #lend(before: number, after: number): void {
    this.#lentBytes += after - before
    if (before > 0) this.#borrowers--
    if (after > 0) this.#borrowers++
  }

  #beyondShare(bytes: number): number {
    return Math.max(0, bytes - this.#shareBytes)
  }

  #fits(bytes: number): boolean {
    if (this.#bytes + bytes > this.limitBytes) return false
    return this.#parent === undefined || this.#parent.#fitsMember(this.#bytes, this.#bytes + bytes)
  }

  #fitsMember(before: number, after: number): boolean {
    const lentBytes = this.#lentBytes + this.#beyondShare(after) - this.#beyondShare(before)
    return (after <= this.#shareBytes || lentBytes <= this.lendableBytes) && this.#fits(after - before)
  }

  #overdrawnBy(memberBytes: number): boolean {
    const borrowed = this.#beyondShare(memberBytes)
    if (borrowed === 0 || borrowed * this.#borrowers < this.#lentBytes) return false
    return this.#lentBytes > this.lendableBytes || this.overdrawn
  }

  #freePartFor(memberBytes: number): number {
    const lendable = 1 - this.#lentBytes / Math.max(1, this.lendableBytes)
    const ofShare = this.#shareBytes === 0 ? 0 : 1 - memberBytes / this.#shareBytes
    const parent = this.#parent === undefined ? 1 : this.#parent.#freePartFor(this.#bytes)
    return Math.min(Math.max(lendable, ofShare), parent)
  }
}
