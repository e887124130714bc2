import type { Given } from '@ls/foundation'
const kibibyte = 1024

/** Longest delay of any option, in milliseconds: bytes that wait a minute are a fault, not a policy. */
export const maxDelayLimitMs = 60_000

/** Largest buffer, in bytes, that {@link resolveBufferBytes} accepts: a flush becomes one message of at most 32 MiB. */
export const maxBufferLimitBytes = 16 * kibibyte * kibibyte

/** Default for the bytes that may wait together, which is also the largest chunk that is flushed. */
export const defaultBufferBytes = kibibyte * kibibyte

/** Relation of speed to delay for {@link adaptiveDelay}. */
export interface AdaptiveDelayOptions {
  /**
   * Delay, in milliseconds, of a stream that has just become fast enough to batch: too short for a person to notice.
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
   * Batching ends below this speed, in bytes per second: half of the speed where it begins, so that a stream near the
   * limit does not switch repeatedly.
   * @default 131_072
   */
  readonly inactiveBytesPerSecond?: number | undefined
  /**
   * Speed, in bytes per second, from which on the delay no longer grows: the default buffer then fills within the
   * default longest delay in any case.
   * @default 2_097_152
   */
  readonly maxDelayBytesPerSecond?: number | undefined
  /**
   * Time over which the speed is averaged, in milliseconds: long enough to average single bursts.
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
