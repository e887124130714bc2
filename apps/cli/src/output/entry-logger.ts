import type { Logger } from '@ls/foundation'
import pino from 'pino/browser.js'
import { isoTime } from './iso-time.js'
import type { LogEntry } from './log/human-log.js'

/**
 * Creates a logger of pino that passes each entry, with the fields of all parents, to `write`. Pino's build for
 * browsers hands over objects; that for Node writes text, which would have to be parsed again to remove secrets, and
 * needs 3 MiB more memory.
 */
export function entryLogger(write: (entry: LogEntry) => void): Logger {
  return pino({
    // Levels are filtered for each part of the program, before lines come here.
    level: 'trace',
    timestamp: () => isoTime(),
    browser: {
      write: (entry) => write({ ...entry }),
      formatters: { level: (label) => ({ level: label }) },
    },
  })
}

/** Returns a copy of the fields as JSON shows them. A field that JSON cannot show, such as a circular one, says so. */
export function jsonFields(fields: LogEntry): LogEntry {
  return Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => jsonField(name, value)))
}

function jsonField(name: string, value: unknown): [string, unknown][] {
  try {
    const text = JSON.stringify(value, bigIntAsText)
    return text === undefined ? [] : [[name, JSON.parse(text) as unknown]]
  } catch {
    return [[name, '[no JSON]']]
  }
}

function bigIntAsText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
