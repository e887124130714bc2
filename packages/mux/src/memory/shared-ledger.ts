import type { Ledger } from './ledger.js'
import { type LedgerParent, MemberLedger } from './member-ledger.js'

export interface SharedLedgerLimits {
  /** Most bytes, including those of all members. */
  readonly limitBytes: number
  /**
   * Number of members that are guaranteed an equal part of half the limit. The other half is lent, first come first
   * served. With more members the parts shrink. @default 0, the whole limit is first come first served
   */
  readonly shares?: number | undefined
}

/** A ledger whose limit its members share. */
export class SharedLedger extends MemberLedger implements LedgerParent {
  readonly #parent: LedgerParent | undefined
  readonly #shares: number
  readonly #members = new Set<Ledger>()
  /** Bytes that members hold beyond their shares, and the number of such members; without shares, all bytes. */
  #lentBytes = 0
  #borrowers = 0
  #shareBytes: number

  constructor({ limitBytes, shares = 0 }: SharedLedgerLimits, parent?: LedgerParent) {
    super(limitBytes, parent)
    this.#parent = parent
    this.#shares = shares
    this.#shareBytes = this.#computeShare()
  }

  /** Guaranteed part of each member, in bytes. */
  get shareBytes(): number {
    return this.#shareBytes
  }

  /** Bytes that all members together may hold beyond their shares. */
  get lendableBytes(): number {
    return this.#shares === 0 ? this.limitBytes : this.limitBytes - Math.floor(this.limitBytes / 2)
  }

  member(limitBytes: number): Ledger {
    return new MemberLedger(limitBytes, this)
  }

  join(member: Ledger): void {
    this.#members.add(member)
    this.#shareOut()
  }

  leave(member: Ledger): void {
    this.#members.delete(member)
    this.#shareOut()
  }

  memberHolds(before: number, after: number): void {
    this.#lend(this.#beyondShare(before), this.#beyondShare(after))
    this.add(after - before)
  }

  fitsMember(before: number, after: number): boolean {
    const lentBytes = this.#lentBytes + this.#beyondShare(after) - this.#beyondShare(before)
    return (after <= this.#shareBytes || lentBytes <= this.lendableBytes) && this.fits(after - before)
  }

  overdrawnBy(memberBytes: number): boolean {
    const borrowed = this.#beyondShare(memberBytes)
    if (borrowed === 0 || borrowed * this.#borrowers < this.#lentBytes) return false
    return this.#lentBytes > this.lendableBytes || this.overdrawn
  }

  freePartFor(memberBytes: number): number {
    const lendable = 1 - this.#lentBytes / Math.max(1, this.lendableBytes)
    const ofShare = this.#shareBytes === 0 ? 0 : 1 - memberBytes / this.#shareBytes
    return Math.min(Math.max(lendable, ofShare), this.#parent?.freePartFor(this.bytes) ?? 1)
  }

  #computeShare(): number {
    if (this.#shares === 0) return 0
    return Math.floor(Math.floor(this.limitBytes / 2) / Math.max(this.#shares, this.#members.size))
  }

  #shareOut(): void {
    const shareBytes = this.#computeShare()
    if (shareBytes === this.#shareBytes) return
    this.#shareBytes = shareBytes
    this.#lentBytes = 0
    this.#borrowers = 0
    for (const member of this.#members) this.#lend(0, this.#beyondShare(member.bytes))
  }

  #lend(before: number, after: number): void {
    this.#lentBytes += after - before
    if (before > 0) this.#borrowers--
    if (after > 0) this.#borrowers++
  }

  #beyondShare(bytes: number): number {
    return Math.max(0, bytes - this.#shareBytes)
  }
}
