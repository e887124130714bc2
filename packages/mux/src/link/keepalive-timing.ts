import { checkDurationMs, type Given } from '@ls/foundation'

/** Period of pings, and time after which a silent peer is dead. */
export interface KeepaliveTiming {
  /**
   * Milliseconds between pings, sent whether or not data flows: the peer and the middleboxes on the path need the
   * traffic too. CDNs and NAT cut idle links after 60–100 s.
   * @default 20_000
   */
  readonly periodMs?: number | undefined
  /**
   * Milliseconds of silence after which the peer is dead; more than `periodMs`, so that at least one ping goes
   * unanswered first.
   * @default 45_000
   */
  readonly timeoutMs?: number | undefined
  /** Receives each measured round trip, in milliseconds. @default ignored */
  onRoundTrip?(ms: number): void
}

/** Timing with its defaults, checked. */
export type CheckedTiming = Pick<KeepaliveTiming, 'onRoundTrip'> & Given<Omit<KeepaliveTiming, 'onRoundTrip'>>

const defaultPeriodMs = 20_000
const defaultTimeoutMs = 45_000

/**
 * Applies the defaults of {@link KeepaliveTiming} and checks the ranges.
 *
 * @param name Name of the caller's option, for the error.
 * @throws RangeError when a duration is out of its range, or `timeoutMs` is not longer than `periodMs`
 */
export function checkKeepaliveTiming(timing: KeepaliveTiming, name = 'keepalive'): CheckedTiming {
  const periodMs = checkDurationMs(`${name}.periodMs`, timing.periodMs ?? defaultPeriodMs)
  const timeoutMs = checkDurationMs(`${name}.timeoutMs`, timing.timeoutMs ?? defaultTimeoutMs)
  if (timeoutMs > periodMs) return { ...timing, periodMs, timeoutMs }
  throw new RangeError(`${name}.timeoutMs is ${timeoutMs}; it must be more than ${name}.periodMs, which is ${periodMs}`)
}
