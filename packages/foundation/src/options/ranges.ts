/**
 * The longest delay that Node's and browsers' timers accept, in milliseconds: 24.8 days. A longer one fires
 * immediately.
 */
export const maxTimerMs = 0x7fff_ffff

/** The largest TCP or UDP port. */
export const maxPort = 65_535

/**
 * Checks an option that is a whole number: bytes, channels, a port.
 *
 * @throws RangeError that names the option, its value and the limits
 * @example
 * ```ts
 * const maxLinks = checkInteger('maxLinks', options.maxLinks ?? 10_000, 1)
 * ```
 */
export function checkInteger(name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
  throw new RangeError(`${name} is ${shown(value)}; it must be a whole number ${range}`)
}

/**
 * Checks an option that is a time in milliseconds. Fractions are allowed: timers round them.
 *
 * @throws RangeError that names the option, its value and the limits
 */
export function checkDurationMs(name: string, value: number, minMs = 1): number {
  if (typeof value === 'number' && value >= minMs && value <= maxTimerMs) return value
  throw new RangeError(`${name} is ${shown(value)}; it must be from ${minMs} to ${maxTimerMs} ms`)
}

/**
 * Formats a value of any type, as JavaScript callers may pass; a text shows its quotes, so that `'5'` and `5` differ.
 */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
