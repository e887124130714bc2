import { signal } from '@preact/signals'

/** Something that happened at the server. */
export interface LogEntry {
  /** Counts up. */
  readonly number: number
  readonly name: string
  readonly atMs: number
  readonly data: Readonly<Record<string, unknown>>
}

/** Entries kept in the page; the oldest makes room. */
const maxEntries = 1000

/** What happened while this page was open, newest first. */
export const log = signal<readonly LogEntry[]>([])

let last = 0
let waiting: LogEntry[] = []

/** Keeps what the stream of events told. Many at once are shown together. */
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
