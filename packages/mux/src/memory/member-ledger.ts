import { Ledger } from './ledger.js'

/** What a {@link MemberLedger} needs of the one above it. */
export interface LedgerParent {
  /** Makes a ledger below this one. */
  member(limitBytes: number): Ledger
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

/** Counts bytes in a tree: process → tenant → session. A page has no tree, and does not load this class. */
export class MemberLedger extends Ledger {
  readonly #parent: LedgerParent | undefined

  /** @param limitBytes Most bytes, including those of all members. */
  constructor(limitBytes: number, parent?: LedgerParent) {
    super(limitBytes)
    this.#parent = parent
    parent?.join(this)
  }

  /**
   * Whether this member holds too much: more than its own limit or, while the common limit is exceeded, more than the
   * others on average. Always false within its share.
   */
  override get overdrawn(): boolean {
    return super.overdrawn || this.#parent?.overdrawnBy(this.bytes) === true
  }

  /** Unused part of this member's maximum: 1 when empty, 0 or less when full. */
  override get freePart(): number {
    const own = super.freePart
    return this.#parent === undefined ? own : Math.min(own, this.#parent.freePartFor(this.bytes))
  }

  /** Whether `bytes` more fit everywhere. */
  override fits(bytes: number): boolean {
    return super.fits(bytes) && this.#parent?.fitsMember(this.bytes, this.bytes + bytes) !== false
  }

  /** Counts `bytes` here and above. */
  override add(bytes: number): void {
    const before = this.bytes
    super.add(bytes)
    // A closed ledger does not change.
    if (this.bytes !== before) this.#parent?.memberHolds(before, this.bytes)
  }

  /** Returns everything and leaves the tree. */
  override close(): void {
    super.close()
    this.#parent?.leave(this)
  }
}
