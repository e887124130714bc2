import { type Clock, Pause, type Snapshot, type TimerHandle } from '@ls/foundation'
import { LiveView, type LiveEventName } from '@ls/observe'
import { askSibling } from './ask-sibling.js'
import { EventSource, type SourceEvent } from './event-source.js'
import type { Siblings } from './siblings.js'

export interface SharedEventsOptions {
  readonly siblings: Siblings
  readonly server: { snapshot(): Snapshot }
  readonly clock: Clock
}

/** Time between two looks at the other processes, in milliseconds: snapshots of readers are at most as old. */
const lookMs = 1000

/** Time for the streams of the others to begin, in milliseconds. A process that hangs is added later. */
const beginMs = 1000

/** Names of events that concern one reader, and not the server. */
const ofReader: ReadonlySet<string> = new Set(['hello', 'gap', 'dropped', 'snapshot'])

/**
 * The events of all processes of a server as one stream. This process reads those of each, its own included, while it
 * has a reader itself; filters, limits and events that are sent again are those of the merged stream.
 */
export class SharedEvents {
  /** The stream: its lists are empty. */
  readonly live: LiveView
  readonly #options: SharedEventsOptions
  readonly #sources = new Map<string, EventSource>()
  /** Numbers of the others at the last look. */
  #others: readonly Snapshot[] = []
  #timer: TimerHandle
  #isLooking = false
  #isClosed = false

  constructor(options: SharedEventsOptions) {
    const { server, siblings, clock } = options
    this.#options = options
    const snapshot = (): Snapshot => siblings.mergeSnapshots([server.snapshot(), ...this.#others])
    this.live = new LiveView({ clock, source: { snapshot, liveLinks: () => [], liveConnections: () => [] } })
  }

  /** Prepares for a reader, which is added to {@link live} in the same turn. Resolves within the time of an answer. */
  async open(): Promise<void> {
    if (this.#isLooking || this.#isClosed) return
    this.#isLooking = true
    this.#connect()
    await Promise.all([this.#begun(), this.#measure()])
    this.#lookLater()
  }

  /** Ends all streams. */
  close(): void {
    this.#isClosed = true
    this.#stop()
    this.live.close()
  }

  /** Resolves when all streams have begun, or should have. */
  async #begun(): Promise<void> {
    const late = new Pause(this.#options.clock)
    const all = Array.from(this.#sources.values(), ({ begun }) => begun)
    await Promise.race([Promise.all(all), late.wait(beginMs)])
    late.end()
  }

  #lookLater(): void {
    if (!this.#isClosed) this.#timer = this.#options.clock.setTimeout(() => void this.#look(), lookMs)
  }

  async #look(): Promise<void> {
    if (!this.live.isWatched) return this.#stop()
    this.#connect()
    await this.#measure()
    this.#lookLater()
  }

  #stop(): void {
    this.#options.clock.clearTimeout(this.#timer)
    for (const source of this.#sources.values()) source.close()
    this.#sources.clear()
    this.#isLooking = false
  }

  /** Reads the events of processes that are new, and no longer those of processes that have ended. */
  #connect(): void {
    const { siblings } = this.#options
    const paths = new Set([siblings.ownPath, ...siblings.others()])
    for (const [path, source] of this.#sources) {
      if (paths.delete(path)) continue
      source.close()
      this.#sources.delete(path)
    }
    for (const path of paths) {
      const source = new EventSource(
        path,
        (event) => this.#publish(event),
        () => void (this.#sources.get(path) === source && this.#sources.delete(path)),
      )
      this.#sources.set(path, source)
    }
  }

  async #measure(): Promise<void> {
    const asked = { method: 'GET', path: '/api/snapshot', body: '' }
    const answers = await Promise.all(this.#options.siblings.others().map((path) => askSibling(path, asked)))
    this.#others = answers.flatMap((answer) => (answer?.status === 200 ? [answer.body as Snapshot] : []))
  }

  #publish({ name, data }: SourceEvent): void {
    if (name === 'dropped') this.live.lost(Number(data['count'] ?? 0))
    if (!ofReader.has(name)) this.live.publish(name as LiveEventName, data)
  }
}
