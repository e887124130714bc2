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
const maxEntries = 1000

/** Events while this page was open, newest first. */
export const log = signal<readonly LogEntry[]>([])

let last = 0
let waiting: LogEntry[] = []

/** Adds an event of the stream. Many events of one moment are shown together. */
export function logEvent(name: string, data: Readonly<Record<string, unknown>>): void {
  if (name === 'hello') return
  const { at } = data
  waiting.push({ number: ++last, name, atMs: typeof at === 'number' ? at : Date.now(), data })
  if (waiting.length > 1) return
  requestAnimationFrame(() => {
    log.value = [...waiting.toReversed(), ...log.value].slice(0, maxEntries)
    waiting = []
  })
}
