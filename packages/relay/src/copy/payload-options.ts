import { adaptiveDelay, type AdaptiveDelayOptions } from '@ls/batching'

/** How bytes from a socket are gathered before they become messages. */
export interface PayloadOptions {
  /**
   * `auto` and `off` send at once what a socket delivers; the session joins bytes that cannot leave yet to larger
   * messages. `adaptive` waits 20–500 ms while a connection is fast, as LinkSocks documents it. @default 'auto'
   */
  readonly batching?: 'auto' | 'adaptive' | 'off' | undefined
  /** When and how long `adaptive` waits, under LinkSocks's name. @default 20–500 ms, from 256 KiB/s, until 128 KiB/s */
  readonly batchingTimeLimits?: AdaptiveDelayOptions | undefined
  /**
   * Payload from this size on is compressed, in bytes; 0 never. A socket gives at most 64 KiB at a time, so only
   * `adaptive` batching gathers as much as the default. @default 524288
   */
  readonly compressionThresholdBytes?: number | undefined
}

/** @throws RangeError for a value out of its range */
export function checkPayloadOptions(options: PayloadOptions): void {
  const { batching = 'auto', batchingTimeLimits = {}, compressionThresholdBytes = 0 } = options
  if (!batchingModes.has(batching)) {
    throw new RangeError(`batching is '${batching}'; it must be one of ${[...batchingModes].join(', ')}`)
  }
  adaptiveDelay(batchingTimeLimits)
  if (Number.isSafeInteger(compressionThresholdBytes) && compressionThresholdBytes >= 0) return
  throw new RangeError(
    `compressionThresholdBytes is ${compressionThresholdBytes}; it must be a whole number, 0 for off`,
  )
}

const batchingModes: ReadonlySet<string> = new Set(['auto', 'adaptive', 'off'])
