/** Sizes of windows, in bytes. */
export interface WindowSizes {
  /** First credit, announced in our Hello; the smallest size of a window. */
  readonly windowBytes: number
  /** Window of a new channel while memory is not short. */
  readonly startWindowBytes: number
  /** Largest window while memory is not short. */
  readonly maxWindowBytes: number
}

/**
 * Limit for a window that opens or grows while `freePart` (0 to 1) of the budget is left.
 *
 * The limit falls with the square of the part that is left, so stalled windows leave enough for new ones. With 128 MiB
 * and windows of 256 KiB, 2,000 stalled windows leave a sixth of the budget, and the next one starts with 9 KiB.
 *
 * A window grows freely while little of the budget is in use. Later its consumer must first have taken bytes
 * (`proven`), since socket buffers of the system accept megabytes even for a consumer that takes none.
 */
export function windowLimitBytes(freePart: number, proven: boolean, sizes: WindowSizes): number {
  const { windowBytes, startWindowBytes, maxWindowBytes } = sizes
  const mayGrow = proven || freePart > plentyPart
  const fullBytes = mayGrow ? Math.max(maxWindowBytes, startWindowBytes) : startWindowBytes
  const free = Math.max(0, freePart)
  const bytes = Math.min(fullBytes, Math.floor(fullBytes * free * free * slack))
  return Math.max(windowBytes, bytes)
}

/** Part of the budget; while more than this is left, any window may grow. */
const plentyPart = 3 / 4

/** Windows are full-sized until an eighth of the budget is in use. */
const slack = 4 / 3

/** Payload that a consumer must take before its window may grow while memory is short, in bytes. */
export const provenBytes = 8_388_608
