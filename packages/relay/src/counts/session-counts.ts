import type { LinkCounts } from '@ls/foundation'
import type { Session } from '@ls/mux'

/** Totals of sessions by how they began and ended. */
export class SessionCounts {
  #opened = 0
  #resumed = 0
  #lost = 0
  #closed = 0
  /** Sessions whose link is down. */
  readonly #waiting = new WeakSet<Session>()
  readonly #known = new WeakSet<Session>()

  /** Counts a link that is up: the first of its session, or one that continues it. */
  linked(session: Session): void {
    this.#waiting.delete(session)
    if (this.#known.has(session)) this.#resumed++
    else this.#opened++
    this.#known.add(session)
  }

  /** Counts a link that is down, while its session waits for the next one. */
  unlinked(session: Session): void {
    this.#waiting.add(session)
  }

  /** Counts a session that has ended. */
  closed(session: Session): void {
    if (this.#waiting.delete(session)) this.#lost++
    else this.#closed++
  }

  /** All totals, with the state of the sessions that exist now. */
  snapshot(sessions: Iterable<Session>): LinkCounts {
    const all = [...sessions]
    const up = all.filter(({ linked }) => linked)
    const roundTripsMs = up.flatMap((session) => session.roundTripMs() ?? [])
    return {
      up: up.length,
      waiting: all.length - up.length,
      opened: this.#opened,
      resumed: this.#resumed,
      lost: this.#lost,
      closed: this.#closed,
      replayBytes: all.reduce((sum, { replayBytes }) => sum + replayBytes, 0),
      inFlightBytes: up.reduce((sum, { replayBytes }) => sum + replayBytes, 0),
      bufferedBytes: up.reduce((sum, { transport }) => sum + (transport?.bufferedBytes ?? 0), 0),
      roundTripsMs: roundTripsMs.toSorted((a, b) => a - b),
    }
  }
}
