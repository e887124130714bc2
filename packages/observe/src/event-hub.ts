import { randomBytes } from 'node:crypto'
import type { Writable } from 'node:stream'
import type { Clock, TimerHandle } from '@ls/foundation'
import { type EventQuery, wants } from './event-query.js'
import { EventReader, formatEvent } from './event-reader.js'
import { EventRing } from './event-ring.js'
import type { LiveEvent } from './live-event.js'

/** Readers at once: people and dashboards, each with up to 256 KiB that wait. */
export const maxReaders = 32

/** A comment goes to quiet readers so often, in milliseconds: proxies cut what is silent for 30 to 60 s. */
export const heartbeatMs = 15_000

/** Events are kept so long after the last reader has gone, in milliseconds: it may come back. */
export const keepMs = 60_000

export interface EventHubOptions {
  readonly clock: Clock
  /** What a snapshot tells; asked once a second for all readers, while one of them wants it. */
  readonly snapshot: () => object
}

/** Passes events on to readers. While there is none, and none has left a moment ago, it does nothing. */
export class EventHub {
  readonly #options: EventHubOptions
  readonly #readers = new Map<EventReader, EventQuery>()
  /** Undefined while nothing is recorded. */
  #ring: EventRing | undefined
  /** Tells the numbers of one recording from those of others. */
  #recording = ''
  #heartbeat: TimerHandle
  #snapshots: TimerHandle
  #expiry: TimerHandle
  #seconds = 0
  #isClosed = false

  constructor(options: EventHubOptions) {
    this.#options = options
  }

  /** Whether an event would be passed on or kept: others need not be made. */
  get isListening(): boolean {
    return this.#ring !== undefined
  }

  /** Readers now. */
  get readers(): number {
    return this.#readers.size
  }

  /** Tells all readers that want it. */
  publish(event: LiveEvent): void {
    const recorded = this.#ring?.add((number) => ({
      event,
      text: formatEvent(event.name, { at: Date.now(), ...event.data }, `${this.#recording}-${number}`),
    }))
    if (recorded === undefined) return
    const nowMs = this.#options.clock.now()
    for (const [reader, query] of this.#readers) if (wants(query, event)) reader.send(recorded.text, nowMs)
  }

  /** Whether one more reader may come. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#readers.size < maxReaders
  }

  /**
   * Writes events to `response` until it closes.
   *
   * @param lastId What the reader saw last: what it missed is sent first, or it is told that there is a gap.
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

  /** Ends all streams, and takes no more readers. */
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
    // An id from the start on: who is cut before the first event can tell where it was.
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
