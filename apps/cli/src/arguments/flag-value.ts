import { isIPv6 } from 'node:net'
import { UsageError } from '../errors.js'
import type { CountFlag, DurationFlag, Flag, FlagValue, IntegerFlag, ListFlag, StringFlag } from '../flag.js'

/**
 * Parses the text of a flag or variable as the flag's value; for a list, one element.
 *
 * @param source Source of the text, for messages: `--socks-port (-p)` or a variable's name.
 * @throws UsageError naming the source, the value unless it is secret, and the allowed values
 */
export function readValue(flag: Flag, text: string, source: string): FlagValue {
  switch (flag.type) {
    case 'integer':
      return readInteger(flag, text, source)
    case 'count':
      return readCount(flag, text, source)
    case 'duration':
      return readDuration(flag, text, source)
    case 'boolean':
      return readBoolean(text, source)
    case 'string':
    case 'list':
      return readText(flag, text, source)
  }
}

function readInteger({ min, max }: IntegerFlag, text: string, source: string): number {
  const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw unacceptable(source, text, `a whole number from ${min} to ${max}`)
}

/** Parses a count: LINKSOCKS_DEBUG=2 and --debug=2 are -dd. */
function readCount({ max }: CountFlag, text: string, source: string): number {
  const value = /^\d{1,3}$/.test(text) ? Number(text) : Number(readBoolean(text, source, `a number from 0 to ${max}`))
  return Math.min(value, max)
}

const trueWords = new Set(['true', '1', 'yes', 'on', 't', 'y'])
const falseWords = new Set(['false', '0', 'no', 'off', 'f', 'n'])

function readBoolean(text: string, source: string, allowed = 'true or false'): boolean {
  const word = text.toLowerCase()
  if (trueWords.has(word)) return true
  if (falseWords.has(word)) return false
  throw unacceptable(source, text, allowed)
}

const unitsMs = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

function readDuration({ min, max }: DurationFlag, text: string, source: string): number {
  const value = durationMs(text)
  if (value >= min && value <= max) return value
  throw unacceptable(
    source,
    text,
    `a time with its unit, such as 500ms, 5s or 1m30s, from ${min / 1000} to ${max / 1000} s`,
  )
}

function durationMs(text: string): number {
  if (text === '0') return 0
  if (!/^(?:\d{1,9}(?:\.\d{1,9})?(?:ms|s|m|h)){1,4}$/.test(text)) return Number.NaN
  const parts = text.matchAll(/([\d.]+)(ms|s|m|h)/g)
  return [...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * (unitsMs.get(unit ?? '') ?? Number.NaN), 0)
}

function readText(flag: StringFlag | ListFlag, text: string, source: string): string {
  // An empty value is nearly always an unset shell variable; accepting it could open a port to all users.
  if (text === '') throw new UsageError(`${source} is empty; give it a value or leave it out`)
  if (text.includes('\0')) throw new UsageError(`${source} holds a NUL character, which no value may`)
  const { maxBytes } = flag
  const bytes = Buffer.byteLength(text)
  if (maxBytes !== undefined && bytes > maxBytes) {
    throw new UsageError(`${source} has ${bytes} bytes; at most ${maxBytes} are allowed`)
  }
  const { choices } = flag
  if (choices?.includes(text) === false) throw unacceptable(source, text, `one of ${choices.join(', ')}`)
  return flag.placeholder === 'HOST' ? withoutBrackets(text) : text
}

/** Removes the brackets of an IPv6 address: users copy it from a URL, and the system would look it up as a name. */
function withoutBrackets(host: string): string {
  const address = /^\[(.*)\]$/.exec(host)?.[1]
  return address !== undefined && isIPv6(address) ? address : host
}

function unacceptable(source: string, text: string, allowed: string): UsageError {
  return new UsageError(`${source} is '${shorten(text)}'; it must be ${allowed}`)
}

/** Shortens a text so that a message stays on one line for any input. */
export function shorten(text: string): string {
  const line = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
  return line.length > maxShownLength ? `${line.slice(0, maxShownLength)}…` : line
}

const maxShownLength = 60
