export { Batcher, type BatcherOptions } from './batcher.js'
export { systemClock, type Clock, type TimerHandle } from './clock.js'
export { adaptiveDelay, auto, immediate, type DelayPolicy } from './delay-policy.js'
export { BatchingError, batchingErrorCodes, type BatchingErrorCode } from './errors.js'
export {
  defaultBufferBytes,
  maxBufferLimitBytes,
  maxDelayLimitMs,
  type AdaptiveDelayOptions,
  type AutoOptions,
} from './options.js'
export { RateMeter } from './rate-meter.js'
