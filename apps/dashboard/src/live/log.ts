import { signal } from '@preact/signals'

/** An event of the server in the log. */
export interface LogEntry {
  /** Running number. */
  readonly number: number
  readonly name: string
  readonly atMs: number
  readonly data: Readonly<Record<string, unknown>>
}

/** Most entries in the page; the oldest is removed. */
export const maxEntries = 1000

/** Events while this page was open, newest first. */
export const log = signal<readonly LogEntry[]>([])

let last = 0
/** Events since the last frame, oldest first. */
let waiting: readonly LogEntry[] = []

/** Adds an event of the stream. Many events of one moment are shown together. */
export function logEvent(name: string, data: Readonly<Record<string, unknown>>): void {
  if (name === 'hello') return
  const { at } = data
  const isFirst = waiting.length === 0
  waiting = withEntry(waiting, { number: ++last, name, atMs: typeof at === 'number' ? at : Date.now(), data })
  if (!isFirst) return
  requestAnimationFrame(() => {
    log.value = [...waiting.toReversed(), ...log.value].slice(0, maxEntries)
    waiting = []
  })
}

/** Returns `entries` with one more, without the oldest if it is full: a hidden page has no frames that empty it. */
export function withEntry(entries: readonly LogEntry[], entry: LogEntry): readonly LogEntry[] {
  return [...entries.slice(entries.length < maxEntries ? 0 : 1), entry]
}
