/** Decides among several processes which client a ticket is for: the first. */
export interface TicketClaims {
  /** Sets the claim of a ticket, unless it has one; resolves with the one that it has. */
  claim(key: string, value: string): Promise<string>
  /** Removes the claim of a ticket that is over. */
  unclaim(key: string): void
}
