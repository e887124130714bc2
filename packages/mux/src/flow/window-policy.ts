/** Sizes of windows, in bytes. */
export interface WindowSizes {
  /** First credit, which the peer knows from our Hello: no window is ever smaller. */
  readonly windowBytes: number
  /** What a channel starts with where there is enough memory. */
  readonly startWindowBytes: number
  /** What a window grows to at most where there is enough memory. */
  readonly maxWindowBytes: number
}

/**
 * How large a window may be that is opened or grows while `freePart` of the budget is left, from 0 to 1.
 *
 * With the square of what is left: each window that stands still then leaves enough for the next ones. With 128 MiB and
 * windows of 256 KiB, 2,000 that stand still leave a sixth of the budget, and the next starts with 9 KiB.
 *
 * Beyond its start a window grows freely while little is in use. Later it has to be `proven` that its consumer takes
 * bytes: the system's socket buffers swallow megabytes for one that does not.
 */
export function windowLimitBytes(freePart: number, proven: boolean, sizes: WindowSizes): number {
  const { windowBytes, startWindowBytes, maxWindowBytes } = sizes
  const mayGrow = proven || freePart > plentyPart
  const fullBytes = mayGrow ? Math.max(maxWindowBytes, startWindowBytes) : startWindowBytes
  const free = Math.max(0, freePart)
  const bytes = Math.min(fullBytes, Math.floor(fullBytes * free * free * slack))
  return Math.max(windowBytes, bytes)
}

/** While more than this part of the budget is left, every window may grow. */
const plentyPart = 3 / 4

/** A budget of which an eighth is in use still gives full windows. */
const slack = 4 / 3

/** Payload that a consumer has to take before its window may grow while memory is short, in bytes. */
export const provenBytes = 8_388_608
