import { language } from './language.js'

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** Replaces each `{}` in `text` by the next of `values`. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  const waiting = values.values()
  return text.replaceAll('{}', () => String(waiting.next().value))
}

/** Formats a number of bytes with three significant digits: `1.21 GiB`. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1)
  const value = count / 1024 ** power
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${units[power]}`
}

/** Formats bytes a second. */
export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`
}

/** Formats a whole number with separators. */
export function count(value: number): string {
  return new Intl.NumberFormat(language.value).format(value)
}

/** Formats the milliseconds of a round trip. */
export function milliseconds(value: number): string {
  return `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)} ms`
}

/** Formats a duration: `3 s`, `12 min`, `5 h 20 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (seconds < 60) return `${seconds} s`
  if (minutes < 60) return `${minutes} min`
  if (hours < 24) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}
