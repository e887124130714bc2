import { adaptiveDelay, type AdaptiveDelayOptions } from '@ls/batching'

/** Options for the payload that is read from a socket: batching and compression. */
export interface PayloadOptions {
  /**
   * `auto` and `off` send immediately what a socket delivers; the session joins bytes that cannot leave yet to larger
   * messages. `adaptive` waits 20–500 ms while a connection is fast, as LinkSocks documents it. @default 'auto'
   */
  readonly batching?: 'auto' | 'adaptive' | 'off' | undefined
  /**
   * When and how long `adaptive` waits; the option has the same name in LinkSocks. @default 20–500 ms, from 256 KiB/s,
   * until 128 KiB/s
   */
  readonly batchingTimeLimits?: AdaptiveDelayOptions | undefined
  /**
   * Size from which payload is compressed, in bytes; 0 never. A socket delivers at most 64 KiB at a time, so only
   * `adaptive` batching collects as much as the default. @default 524288
   */
  readonly compressionThresholdBytes?: number | undefined
}

/** Checks the options. @throws RangeError for a value out of its range */
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
