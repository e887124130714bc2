export interface LedgerLimits {
  /** Most bytes, those of all members included. */
  readonly limitBytes: number
  /**
   * Members that are sure of an equal part of half the limit; the other half is lent to whoever needs more. With more
   * members than that, the parts become smaller. @default 0, everything goes to whoever comes first
   */
  readonly shares?: number
}

/**
 * A count of bytes that belongs to another one: process → tenant → session. `take` never passes a limit; `add` counts
 * what is there already, and {@link overdrawn} then says who has to stop.
 */
export class Ledger {
  readonly limitBytes: number
  readonly #parent: Ledger | undefined
  readonly #shares: number
  readonly #members = new Set<Ledger>()
  #bytes = 0
  /** What members hold beyond their shares, and how many of them do; without shares, all that they hold. */
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

  /** What each member is sure of, in bytes. */
  get shareBytes(): number {
    return this.#shareBytes
  }

  /** What all members together may hold beyond their shares, in bytes. */
  get lendableBytes(): number {
    return this.#shares === 0 ? this.limitBytes : this.limitBytes - Math.floor(this.limitBytes / 2)
  }

  /**
   * True for the holder of too much: more than its own limit, or more than others hold on average where the limit of all
   * is passed. A member within its share never is.
   */
  get overdrawn(): boolean {
    return this.#bytes > this.limitBytes || (this.#parent !== undefined && this.#parent.#overdrawnBy(this.#bytes))
  }

  /** How much is left for this one, as a part of what it can have: 1 for an empty one, 0 or less when nothing is. */
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

  /** Counts `bytes`, past the limit if need be; fewer than 0 to give back. */
  add(bytes: number): void {
    if (this.#closed) return
    if (this.#parent !== undefined) this.#parent.#memberHolds(this.#bytes, this.#bytes + bytes)
    this.#bytes += bytes
  }

  /** Gives everything back and leaves; what is given back later counts no more. */
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
