import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { Clock, TimerHandle } from '@ls/foundation'
import { type EventQuery, wants } from './event-query.js'
import { EventReader, formatEvent } from './event-reader.js'
import { EventRing } from './event-ring.js'
import type { LiveEvent } from './live-event.js'

/** Most readers: people and dashboards, each with up to 256 KiB in its queue. */
export const maxReaders = 32

/** Interval of comments to idle readers, in milliseconds: proxies cut connections that are silent for 30 to 60 s. */
export const heartbeatMs = 15_000

/** Time for which events are recorded after the last reader has left, in milliseconds: it may come back. */
export const keepMs = 60_000

export interface EventHubOptions {
  readonly clock: Clock
  /** Data of a snapshot; read once a second for all readers, while any of them wants it. */
  readonly snapshot: () => object
}

/** Sends events to readers. It does nothing while there is no reader, and none has just left. */
export class EventHub {
  readonly #options: EventHubOptions
  readonly #readers = new Map<EventReader, EventQuery>()
  /** Recorded events; undefined while nothing is recorded. */
  #ring: EventRing | undefined
  /** Id of the recording, which distinguishes its numbers from those of others. */
  #recording = ''
  #heartbeat: TimerHandle
  #snapshots: TimerHandle
  #expiry: TimerHandle
  #seconds = 0
  #isClosed = false

  constructor(options: EventHubOptions) {
    this.#options = options
  }

  /** Whether events are sent or recorded; if not, they need not be created. */
  get isListening(): boolean {
    return this.#ring !== undefined
  }

  /** Number of readers. */
  get readers(): number {
    return this.#readers.size
  }

  /** Sends an event to all readers that want it. */
  publish(event: LiveEvent): void {
    const recorded = this.#ring?.add((number) => ({
      event,
      text: formatEvent(event.name, { at: Date.now(), ...event.data }, `${this.#recording}-${number}`),
    }))
    if (recorded === undefined) return
    const nowMs = this.#options.clock.now()
    for (const [reader, query] of this.#readers) if (wants(query, event)) reader.send(recorded.text, nowMs)
  }

  /** Reports to all readers that events were lost before they came here. */
  lost(count: number): void {
    for (const reader of this.#readers.keys()) reader.lost(count)
  }

  /** Whether there is room for one more reader. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#readers.size < maxReaders
  }

  /**
   * Writes events to `response` until it closes.
   *
   * @param lastId Id of the last event that the reader received: missed events are sent first, or a notice of a gap.
   */
  add(response: Writable, query: EventQuery, lastId: string | undefined): void {
    const reader = new EventReader(response)
    this.#startRecording()
    this.#welcome(reader, query, lastId)
    this.#readers.set(reader, query)
    response.once('close', () => this.#remove(reader))
    this.#heartbeat ??= this.#options.clock.setTimeout(() => this.#beat(), heartbeatMs)
    if (query.snapshotSeconds !== undefined) this.#startSnapshots(reader)
  }

  /** Ends all streams, and accepts no more readers. */
  close(): void {
    this.#isClosed = true
    for (const reader of this.#readers.keys()) reader.end()
    this.#readers.clear()
    this.#stopTimers()
    this.#forget()
  }

  #startRecording(): void {
    this.#options.clock.clearTimeout(this.#expiry)
    if (this.#ring !== undefined) return
    this.#ring = new EventRing()
    this.#recording = randomBytes(4).toString('hex')
  }

  #welcome(reader: EventReader, query: EventQuery, lastId: string | undefined): void {
    const nowMs = this.#options.clock.now()
    const id = `${this.#recording}-${this.#ring?.last ?? 0}`
    const missed = lastId === undefined ? [] : this.#missedSince(lastId)
    if (missed === undefined) reader.send(formatEvent('gap', { since: lastId }, id), nowMs)
    // With an id from the start, a reader that is cut before the first event can say where it was.
    else reader.send(formatEvent('hello', { replayed: missed.length }, id), nowMs)
    for (const { event, text } of missed ?? []) if (wants(query, event)) reader.send(text, nowMs)
  }

  #missedSince(lastId: string) {
    const [recording, number = ''] = lastId.split('-')
    if (recording !== this.#recording || !/^\d{1,15}$/.test(number)) return undefined
    return this.#ring?.since(Number(number))
  }

  #remove(reader: EventReader): void {
    if (!this.#readers.delete(reader)) return
    if (this.#readers.size > 0) return
    this.#stopTimers()
    this.#expiry = this.#options.clock.setTimeout(() => this.#forget(), keepMs)
  }

  #forget(): void {
    this.#ring = undefined
  }

  #stopTimers(): void {
    const { clock } = this.#options
    for (const timer of [this.#heartbeat, this.#snapshots, this.#expiry]) clock.clearTimeout(timer)
    this.#heartbeat = undefined
    this.#snapshots = undefined
  }

  #beat(): void {
    const { clock } = this.#options
    for (const reader of this.#readers.keys()) {
      if (reader.isStuck(clock.now())) reader.destroy()
      else reader.refresh(': alive\n\n', clock.now())
    }
    this.#heartbeat = clock.setTimeout(() => this.#beat(), heartbeatMs)
  }

  #startSnapshots(reader: EventReader): void {
    reader.refresh(this.#formatSnapshot(), this.#options.clock.now())
    this.#snapshots ??= this.#options.clock.setTimeout(() => this.#sendSnapshots(), 1000)
  }

  #sendSnapshots(): void {
    this.#seconds++
    const due = [...this.#readers].filter(
      ([, { snapshotSeconds }]) => snapshotSeconds !== undefined && this.#seconds % snapshotSeconds === 0,
    )
    if (due.length > 0) {
      const text = this.#formatSnapshot()
      const nowMs = this.#options.clock.now()
      for (const [reader] of due) reader.refresh(text, nowMs)
    }
    const isWanted = [...this.#readers.values()].some(({ snapshotSeconds }) => snapshotSeconds !== undefined)
    this.#snapshots = isWanted ? this.#options.clock.setTimeout(() => this.#sendSnapshots(), 1000) : undefined
  }

  #formatSnapshot(): string {
    return formatEvent('snapshot', this.#options.snapshot())
  }
}
