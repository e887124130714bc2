import type { Given } from '@ls/foundation'
const kibibyte = 1024

/** Longest delay any option may ask for, in milliseconds: bytes that wait a minute are a fault, not a policy. */
export const maxDelayLimitMs = 60_000

/** Largest buffer, in bytes, that {@link resolveBufferBytes} accepts: a flush becomes one message of at most 32 MiB. */
export const maxBufferLimitBytes = 16 * kibibyte * kibibyte

/** Most bytes that wait together, and so the largest chunk that is flushed. */
export const defaultBufferBytes = kibibyte * kibibyte

/** How {@link adaptiveDelay} turns speed into delay. */
export interface AdaptiveDelayOptions {
  /**
   * Delay, in milliseconds, of a stream that has just become fast enough to batch; what a person does not notice.
   * @default 20
   */
  readonly minDelayMs?: number | undefined
  /**
   * Delay, in milliseconds, at `maxDelayBytesPerSecond` and above.
   * @default 500
   */
  readonly maxDelayMs?: number | undefined
  /**
   * Batching begins above this speed, in bytes per second: interactive traffic stays below it.
   * @default 262_144
   */
  readonly activeBytesPerSecond?: number | undefined
  /**
   * Batching ends below this speed, in bytes per second: half of where it begins, so that a stream near the limit does
   * not switch back and forth.
   * @default 131_072
   */
  readonly inactiveBytesPerSecond?: number | undefined
  /**
   * Speed, in bytes per second, from which on the delay no longer grows: there the default buffer fills within the
   * default longest delay anyway.
   * @default 2_097_152
   */
  readonly maxDelayBytesPerSecond?: number | undefined
  /**
   * Over how long the speed is averaged, in milliseconds: long enough to see past single bursts.
   * @default 1000
   */
  readonly rateWindowMs?: number | undefined
}

export function resolveAdaptiveDelay(options: AdaptiveDelayOptions): Given<AdaptiveDelayOptions> {
  const maxDelayMs = checkNumber('maxDelayMs', options.maxDelayMs ?? 500, 0, maxDelayLimitMs)
  const minDelayMs = checkNumber('minDelayMs', options.minDelayMs ?? Math.min(20, maxDelayMs), 0, maxDelayMs)
  const active = options.activeBytesPerSecond ?? 256 * kibibyte
  const inactive = options.inactiveBytesPerSecond ?? active / 2
  const top = options.maxDelayBytesPerSecond ?? Math.max(2048 * kibibyte, active)
  return {
    minDelayMs,
    maxDelayMs,
    activeBytesPerSecond: checkNumber('activeBytesPerSecond', active, 0, Number.MAX_SAFE_INTEGER),
    inactiveBytesPerSecond: checkNumber('inactiveBytesPerSecond', inactive, 0, active),
    maxDelayBytesPerSecond: checkNumber('maxDelayBytesPerSecond', top, active, Number.MAX_SAFE_INTEGER),
    rateWindowMs: checkNumber('rateWindowMs', options.rateWindowMs ?? 1000, 1, maxDelayLimitMs),
  }
}

export function resolveBufferBytes(bufferBytes = defaultBufferBytes): number {
  if (!Number.isInteger(bufferBytes)) throw new RangeError(`bufferBytes must be a whole number, it is ${bufferBytes}`)
  return checkNumber('bufferBytes', bufferBytes, 1, maxBufferLimitBytes)
}

function checkNumber(name: string, value: number, min: number, max: number): number {
  if (value >= min && value <= max) return value
  throw new RangeError(`${name} must be from ${min} to ${max}, it is ${value}`)
}
