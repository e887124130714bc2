/**
 * Formats a time as `Date.prototype.toISOString` does, for the years 0 to 9999. That looks up the time zone as well,
 * for a text in UTC, and what it reads of Unicode's library stays resident. Measured on Node 20: 0.9 MiB of a process.
 *
 * @param atMs In milliseconds since 1970.
 */
export function isoTime(atMs = Date.now()): string {
  const at = new Date(atMs)
  const day = `${padded(at.getUTCFullYear(), 4)}-${padded(at.getUTCMonth() + 1)}-${padded(at.getUTCDate())}`
  const time = `${padded(at.getUTCHours())}:${padded(at.getUTCMinutes())}:${padded(at.getUTCSeconds())}`
  return `${day}T${time}.${padded(at.getUTCMilliseconds(), 3)}Z`
}

function padded(value: number, digits = 2): string {
  return String(value).padStart(digits, '0')
}
