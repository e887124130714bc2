import type { TicketRequest } from './access-ticket.js'

/** A ticket as processes of one server keep it for each other. */
interface StoredTicket extends Pick<TicketRequest, 'token' | 'allow' | 'deny' | 'origin' | 'lifetimeMs'> {
  /** Time before which its client must connect, in milliseconds since 1970: the processes are on one machine. */
  readonly useBeforeMs: number
}

/** Writes a ticket as text. */
export function storedTicket(request: TicketRequest, useBeforeMs: number): string {
  const { token, allow, deny, origin, lifetimeMs } = request
  return JSON.stringify({ token, allow, deny, origin, lifetimeMs, useBeforeMs } satisfies StoredTicket)
}

/** Parses a text of {@link storedTicket}; undefined for another text, and when its time to connect is over. */
export function parseStoredTicket(text: string, nowMs: number): TicketRequest | undefined {
  try {
    const { useBeforeMs, ...request } = JSON.parse(text) as StoredTicket
    return useBeforeMs > nowMs ? { ...request, useWithinMs: Math.ceil(useBeforeMs - nowMs) } : undefined
  } catch {
    return undefined
  }
}
