import type { Writable } from 'node:stream'
import type { Clock, Snapshot } from '@ls/foundation'
import { identityOf, listConnections, parseConnectionQuery } from './connection-list.js'
import { EventHub, maxReaders } from './event-hub.js'
import { parseEventQuery } from './event-query.js'
import { describeLink, linkRows, listLinks, parseLinkQuery } from './link-list.js'
import type { LiveConnection, LiveLink } from './live-connection.js'
import type { EventData, LiveEventName } from './live-event.js'
import { Rates } from './rates.js'
import { Totals } from './totals.js'

/** Source of a {@link LiveView}; read on demand. */
export interface LiveSource {
  /** All numbers; walks all open channels. */
  snapshot(): Snapshot
  /** All links. */
  liveLinks(): Iterable<LiveLink>
  /** All open connections. */
  liveConnections(): Iterable<LiveConnection>
}

/** Options of a {@link LiveView}. */
export interface LiveViewOptions {
  /** The server or the client. */
  readonly source: LiveSource
  /** Clock of the source. */
  readonly clock: Clock
}

/** Lists and events for readers. It does no work while there is no reader. */
export class LiveView {
  readonly #options: LiveViewOptions
  readonly #connectionRates = new Rates()
  readonly #linkRates = new Rates()
  readonly #totals = new Totals()
  readonly #hub: EventHub

  constructor(options: LiveViewOptions) {
    this.#options = options
    const { source, clock } = options
    this.#hub = new EventHub({ clock, snapshot: () => this.#totals.of(source.snapshot(), clock.now()) })
  }

  /** Whether there is a reader of events. */
  get isWatched(): boolean {
    return this.#hub.isListening
  }

  /** A page of the open connections. @throws RangeError for an invalid query */
  connections(params: URLSearchParams): object {
    const query = parseConnectionQuery(params)
    const all = [...this.#options.source.liveConnections()]
    const nowMs = this.#options.clock.now()
    this.#connectionRates.measure(all, nowMs)
    return listConnections(all, query, { rates: this.#connectionRates, nowMs })
  }

  /** A page of the links. @throws RangeError for an invalid query */
  links(params: URLSearchParams): object {
    const query = parseLinkQuery(params)
    const { source, clock } = this.#options
    const all = linkRows(source.liveLinks(), source.liveConnections())
    const nowMs = clock.now()
    this.#linkRates.measure(all, nowMs)
    return listLinks(all, query, { rates: this.#linkRates, nowMs })
  }

  /**
   * Returns a function that writes the events a query selects; undefined while there are too many readers.
   *
   * @param lastId Field Last-Event-ID of the request.
   * @throws RangeError for an invalid query
   */
  events(params: URLSearchParams, lastId: string | undefined): ((response: Writable) => void) | undefined {
    const query = parseEventQuery(params)
    return this.#hub.hasRoom ? (response) => this.#hub.add(response, query, lastId) : undefined
  }

  /** Publishes an event of a link. */
  linkEvent(name: 'link-opened' | 'link-lost' | 'link-resumed' | 'link-closed', link: LiveLink, reason?: string): void {
    if (!this.isWatched) return
    this.#hub.publish({ name, data: { ...describeLink(link), reason } })
  }

  /** Publishes the beginning of a connection. */
  connectionOpened(connection: LiveConnection): void {
    if (this.isWatched) this.#hub.publish({ name: 'connection-opened', data: identityOf(connection) })
  }

  /** Publishes the end of a connection. @param outcome As in `Snapshot.endedChannels`. */
  connectionClosed(connection: LiveConnection, outcome: string): void {
    if (!this.isWatched) return
    const { bytesToTarget, bytesFromTarget, openedAtMs } = connection
    const data = {
      ...identityOf(connection),
      bytes_to_target: bytesToTarget,
      bytes_from_target: bytesFromTarget,
      duration_ms: Math.round(this.#options.clock.now() - openedAtMs),
      outcome,
    }
    this.#hub.publish({ name: 'connection-closed', data })
  }

  /** Publishes any other event. */
  publish(name: LiveEventName, data: EventData): void {
    this.#hub.publish({ name, data })
  }

  /** Reports to all readers that so many events were lost before they came here. */
  lost(count: number): void {
    this.#hub.lost(count)
  }

  /** Ends all streams. */
  close(): void {
    this.#hub.close()
  }
}

/** Reason why a reader is refused. */
export const tooManyReaders = `${maxReaders} readers of events are connected, the limit`
