import type { Given } from '@ls/foundation'
import { resolveAdaptiveDelay, type AdaptiveDelayOptions } from './options.js'
import { RateMeter } from './rate-meter.js'

/** Decides how long bytes may wait for more. One policy serves one stream. */
export interface DelayPolicy {
  /**
   * Returns the delay of a chunk. Called once for each chunk, in order.
   *
   * @param bytes Length of the chunk.
   * @param nowMs Monotonic time.
   * @returns Longest wait of the chunk, in milliseconds; 0 sends it and everything before it immediately.
   */
  delayMs(bytes: number, nowMs: number): number
}

/**
 * Makes a policy with longer delays for faster streams: 20 ms above 256 KiB/s, up to 500 ms, and none again below 128
 * KiB/s. It trades delay for fewer messages without looking at the transport, as the LinkSocks documents describe it.
 */
export function adaptiveDelay(options: AdaptiveDelayOptions = {}): DelayPolicy {
  const resolved = resolveAdaptiveDelay(options)
  const meter = new RateMeter(resolved.rateWindowMs)
  let active = false
  return {
    delayMs(bytes, nowMs) {
      meter.add(bytes, nowMs)
      const rate = meter.bytesPerSecond(nowMs)
      active = active ? rate >= resolved.inactiveBytesPerSecond : rate > resolved.activeBytesPerSecond
      return active ? delayAtRate(rate, resolved) : 0
    },
  }
}

/** Interpolates in a straight line from the shortest delay, where batching begins, to the longest. */
function delayAtRate(rate: number, options: Given<AdaptiveDelayOptions>): number {
  const { minDelayMs, maxDelayMs, activeBytesPerSecond, maxDelayBytesPerSecond } = options
  if (rate <= activeBytesPerSecond) return minDelayMs
  if (rate >= maxDelayBytesPerSecond) return maxDelayMs
  const share = (rate - activeBytesPerSecond) / (maxDelayBytesPerSecond - activeBytesPerSecond)
  return minDelayMs + share * (maxDelayMs - minDelayMs)
}
