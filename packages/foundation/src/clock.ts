/**
 * Time source of the packages without I/O. Programs pass {@link systemClock}; tests pass a fake clock and step it by
 * hand.
 */
export interface Clock {
  /** Monotonic time in milliseconds; only differences are meaningful. */
  now(): number
  /** Calls `callback` once after `delayMs` milliseconds, unless cleared before. */
  setTimeout(callback: () => void, delayMs: number): TimerHandle
  /** Clears a timer; does nothing if it has fired or was cleared before. */
  clearTimeout(handle: TimerHandle): void
}

/** Handle of {@link Clock.setTimeout}; opaque, since it differs between Node and browsers. */
export type TimerHandle = unknown

/** The clock of the running process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
}
