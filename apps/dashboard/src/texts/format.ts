import { language } from './language.js'

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `text` with each `{}` replaced by the next of `values`. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  const waiting = values.values()
  return text.replaceAll('{}', () => String(waiting.next().value))
}

/** A number of bytes with three digits that count: `1.21 GiB`. */
export function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(Math.floor(Math.log2(count) / 10), units.length - 1)
  const value = count / 1024 ** power
  return `${value.toFixed(power === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${units[power]}`
}

/** Bytes a second. */
export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`
}

/** A whole number with separators. */
export function count(value: number): string {
  return new Intl.NumberFormat(language.value).format(value)
}

/** Milliseconds of a round trip. */
export function milliseconds(value: number): string {
  return `${value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)} ms`
}

/** The value that a part `q` of sorted values does not exceed; undefined for none. */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
}
