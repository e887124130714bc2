import type { LiveEvent } from './live-event.js'

/** An event that was sent, in the form in which it can be sent again. */
export interface RecordedEvent {
  readonly event: LiveEvent
  readonly text: string
}

/** Most events recorded for readers that come back: a few seconds of a busy server, some 500 KB. */
export const maxRecordedEvents = 1024

/** Ring buffer of the last events, numbered from 1 on. */
export class EventRing {
  readonly #events: RecordedEvent[] = []
  #last = 0

  /** Number of the last event; 0 before the first. */
  get last(): number {
    return this.#last
  }

  /** Records an event; `make` receives its number. */
  add(make: (number: number) => RecordedEvent): RecordedEvent {
    const recorded = make(++this.#last)
    this.#events[this.#last % maxRecordedEvents] = recorded
    return recorded
  }

  /** Events after a number; undefined if some are no longer recorded, or no event had that number. */
  since(number: number): RecordedEvent[] | undefined {
    const missed = this.#last - number
    if (missed < 0 || missed > maxRecordedEvents) return undefined
    return Array.from({ length: missed }, (_, index) => this.#events[(number + 1 + index) % maxRecordedEvents]!)
  }
}
