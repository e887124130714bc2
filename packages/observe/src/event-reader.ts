import type { Writable } from 'node:stream'

/** Most bytes that wait for a slow reader: some 500 events. Past it events are dropped and counted. */
export const maxReaderBytes = 262_144

/** A reader that takes nothing for this long is cut, in milliseconds: its place is somebody else's. */
export const stuckReaderMs = 60_000

/** One reader of the event stream, with a bounded queue: that of the response itself. */
export class EventReader {
  readonly #response: Writable
  #dropped = 0
  #fullSinceMs: number | undefined

  constructor(response: Writable) {
    this.#response = response
    response.on('drain', () => this.#drained())
  }

  /** Sends an event; one that finds the queue full is dropped, and the reader is told how many were. */
  send(text: string, nowMs: number): void {
    if (this.#isFull) {
      this.#dropped++
      this.#fullSinceMs ??= nowMs
      return
    }
    this.#fullSinceMs = undefined
    this.#tellDropped()
    this.#response.write(text)
  }

  /** Sends what the next one replaces: it is left out where there is no room, and not counted. */
  refresh(text: string, nowMs: number): void {
    if (this.#isFull) {
      this.#fullSinceMs ??= nowMs
      return
    }
    this.#fullSinceMs = undefined
    if (this.#dropped === 0) this.#response.write(text)
  }

  /** Whether it has taken nothing for too long. */
  isStuck(nowMs: number): boolean {
    return this.#fullSinceMs !== undefined && nowMs - this.#fullSinceMs > stuckReaderMs
  }

  /** Ends the stream after what waits. */
  end(): void {
    this.#response.end()
  }

  /** Cuts the stream. */
  destroy(): void {
    this.#response.destroy()
  }

  get #isFull(): boolean {
    return this.#response.writableLength >= maxReaderBytes
  }

  #drained(): void {
    this.#fullSinceMs = undefined
    this.#tellDropped()
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return
    const count = this.#dropped
    this.#dropped = 0
    this.#response.write(formatEvent('dropped', { count }))
  }
}

/** An event as WHATWG HTML §9.2.6 writes it. */
export function formatEvent(name: string, data: object, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `event: ${name}\n${idLine}data: ${JSON.stringify(data)}\n\n`
}
