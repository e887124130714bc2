import type { Logger } from '@ls/foundation'
import type { LogEntry } from './human-log.js'

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** Makes an entry of each line, with the fields of all parents, and passes it to `write`. */
export class EntryLogger implements Logger {
  readonly #write: (entry: LogEntry) => void
  readonly #fields: object

  constructor(write: (entry: LogEntry) => void, fields: object = {}) {
    this.#write = write
    this.#fields = fields
  }

  trace(fields: object, text?: string): void {
    this.#log('trace', fields, text)
  }

  debug(fields: object, text?: string): void {
    this.#log('debug', fields, text)
  }

  info(fields: object, text?: string): void {
    this.#log('info', fields, text)
  }

  warn(fields: object, text?: string): void {
    this.#log('warn', fields, text)
  }

  error(fields: object, text?: string): void {
    this.#log('error', fields, text)
  }

  child(fields: object): Logger {
    return new EntryLogger(this.#write, { ...this.#fields, ...fields })
  }

  #log(level: Level, fields: object, text: string | undefined): void {
    this.#write({ level, time: new Date().toISOString(), ...this.#fields, ...fields, msg: text })
  }
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
