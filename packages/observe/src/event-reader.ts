import type { Writable } from 'node:stream'

/** Most bytes in the queue of a slow reader: some 500 events. Beyond it events are dropped and counted. */
export const maxReaderBytes = 262_144

/** Time after which a reader that reads nothing is cut, in milliseconds, so that another one can have its place. */
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

  /**
   * Sends an event. If the queue is full, the event is dropped; the reader later receives the number of dropped ones.
   */
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

  /** Sends data that the next call replaces. If there is no room, it is dropped without being counted. */
  refresh(text: string, nowMs: number): void {
    if (this.#isFull) {
      this.#fullSinceMs ??= nowMs
      return
    }
    this.#fullSinceMs = undefined
    if (this.#dropped === 0) this.#response.write(text)
  }

  /** Counts events that were lost on their way to this process. */
  lost(count: number): void {
    this.#dropped += count
    if (!this.#isFull) this.#tellDropped()
  }

  /** Whether it has read nothing for too long. */
  isStuck(nowMs: number): boolean {
    return this.#fullSinceMs !== undefined && nowMs - this.#fullSinceMs > stuckReaderMs
  }

  /** Ends the stream after the queue. */
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

/** Formats an event as in WHATWG HTML §9.2.6. */
export function formatEvent(name: string, data: object, id?: string): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `event: ${name}\n${idLine}data: ${JSON.stringify(data)}\n\n`
}
