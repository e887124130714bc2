import { styleText } from 'node:util'
import { escapeControls } from '../escape-controls.js'

/** A log line before it is written: `level`, `time`, fields and `msg`. */
export type LogEntry = Record<string, unknown>

export interface HumanFormatOptions {
  readonly colours: boolean
  /** Whether to write date and time of day in UTC, for a log that is stored; otherwise the local time of day. */
  readonly isoTime: boolean
}

/** Returns the function that formats log entries as lines for people: `[12:30:05] INFO: link is up  server=…`. */
export function humanFormat({ colours, isoTime }: HumanFormatOptions): (entry: LogEntry) => string {
  return ({ level, time, msg, ...fields }) => {
    const message = typeof msg === 'string' ? msg : ''
    const { texts, stack } = fieldTexts(fields, message)
    const text = [escapeControls(message), ...texts].filter((each) => each !== '').join('  ')
    return `[${isoTime ? String(time) : timeOfDay(time)}] ${levelName(level, colours)}: ${text}\n${stack}`
  }
}

function timeOfDay(time: unknown): string {
  const at = new Date(String(time))
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}

const levelColours = { trace: 'gray', debug: 'blue', info: 'green', warn: 'yellow', error: 'red' } as const

function levelName(level: unknown, colours: boolean): string {
  const name = String(level)
  const colour = Object.entries(levelColours).find(([each]) => each === name)?.[1]
  if (!colours || colour === undefined) return name.toUpperCase()
  // It is known whether the log goes to a terminal; Node would check standard output.
  return styleText(colour, name.toUpperCase(), { validateStream: false })
}

function fieldTexts(fields: LogEntry, message: string): { texts: readonly string[]; stack: string } {
  let stack = ''
  const texts = Object.entries(fields).flatMap(([name, value]) => {
    // The message of a failure has its reason and the delay, which are not repeated for a person.
    if (name === 'reason' && typeof value === 'string' && message.includes(value)) return []
    if (name === 'retryInMs' && message.includes('trying again')) return []
    if (!isErrorDescription(value)) return `${name}=${valueText(value)}`
    if (value.stack !== undefined) stack += `${value.stack.split('\n').map(escapeControls).join('\n    ')}\n`
    // Many events are errors whose text is already in the message.
    return message.includes(value.message) ? [] : `${name}=${valueText(value.message)}`
  })
  return { texts, stack }
}

function isErrorDescription(value: unknown): value is { readonly message: string; readonly stack?: string } {
  return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
}

function valueText(value: unknown): string {
  if (typeof value !== 'string') return escapeControls(JSON.stringify(value) ?? 'undefined')
  return /^[^\s"=]+$/.test(value) ? escapeControls(value) : escapeControls(JSON.stringify(value))
}
