/** Decides among several processes which client a ticket is for: the first. */
export interface TicketClaims {
  /** Sets the claim of a ticket, unless it has one; resolves with the one that it has. */
  claim(key: string, value: string): Promise<string>
  /** Removes the claim of a ticket that is over. */
  unclaim(key: string): void
}

/** Keeps the tickets of several processes, so that those that start later know them. */
export interface KeptTickets {
  /** Adds a ticket, as `Tickets.textOf` gives it. @throws Error when it cannot be kept now */
  keep(key: string, text: string): Promise<void>
  /** Removes a ticket that is over. Never rejects. */
  drop(key: string): void
}
