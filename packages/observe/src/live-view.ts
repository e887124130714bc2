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

/** What a {@link LiveView} looks at, when somebody asks. */
export interface LiveSource {
  /** All numbers; walks all open channels. */
  snapshot(): Snapshot
  /** The links there are. */
  liveLinks(): Iterable<LiveLink>
  /** The connections that are open. */
  liveConnections(): Iterable<LiveConnection>
}

/** What a {@link LiveView} needs. */
export interface LiveViewOptions {
  /** The server or the client. */
  readonly source: LiveSource
  /** That of the source. */
  readonly clock: Clock
}

/** Lists and events for people who watch. Nothing is done while nobody does. */
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

  /** Whether somebody reads events. */
  get isWatched(): boolean {
    return this.#hub.isListening
  }

  /** A page of the open connections. @throws RangeError for a query that cannot be */
  connections(params: URLSearchParams): object {
    const query = parseConnectionQuery(params)
    const all = [...this.#options.source.liveConnections()]
    const nowMs = this.#options.clock.now()
    this.#connectionRates.measure(all, nowMs)
    return listConnections(all, query, { rates: this.#connectionRates, nowMs })
  }

  /** A page of the links. @throws RangeError for a query that cannot be */
  links(params: URLSearchParams): object {
    const query = parseLinkQuery(params)
    const { source, clock } = this.#options
    const all = linkRows(source.liveLinks(), source.liveConnections())
    const nowMs = clock.now()
    this.#linkRates.measure(all, nowMs)
    return listLinks(all, query, { rates: this.#linkRates, nowMs })
  }

  /**
   * Makes the stream of events that a query asks for; undefined while there are too many readers.
   *
   * @param lastId Field Last-Event-ID of the request.
   * @throws RangeError for a query that cannot be
   */
  events(params: URLSearchParams, lastId: string | undefined): ((response: Writable) => void) | undefined {
    const query = parseEventQuery(params)
    return this.#hub.hasRoom ? (response) => this.#hub.add(response, query, lastId) : undefined
  }

  /** Something happened to a link. */
  linkEvent(name: 'link-opened' | 'link-lost' | 'link-resumed' | 'link-closed', link: LiveLink, reason?: string): void {
    if (!this.isWatched) return
    this.#hub.publish({ name, data: { ...describeLink(link), reason } })
  }

  /** A connection begins. */
  connectionOpened(connection: LiveConnection): void {
    if (this.isWatched) this.#hub.publish({ name: 'connection-opened', data: identityOf(connection) })
  }

  /** A connection is over. @param outcome As in `Snapshot.endedChannels`. */
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

  /** Anything else that happened. */
  publish(name: LiveEventName, data: EventData): void {
    this.#hub.publish({ name, data })
  }

  /** Ends all streams. */
  close(): void {
    this.#hub.close()
  }
}

/** Why a reader is turned away. */
export const tooManyReaders = `${maxReaders} readers of events are connected, the limit`
