/** While more than this part of the budget is left, a channel reads and queues without a look at its credit. */
const plentyPart = 15 / 16

/** What a channel may always read or queue, in bytes: smaller reads would cost more than the memory they save. */
export const leastQueueBytes = 4096

/**
 * Bytes worth reading from a source at once, `mostBytes` at most, where the peer takes `creditBytes` without a new
 * grant and `freePart` (0 to 1) of the budget is left.
 *
 * What is read beyond the credit waits here for as long as the peer's consumer stands still. 2,000 such channels held
 * up to 64 KiB each, so once a sixteenth of the budget is in use, reads follow the credit.
 */
export function readAheadBytes(creditBytes: number, freePart: number, mostBytes: number): number {
  if (freePart > plentyPart) return mostBytes
  return Math.min(mostBytes, Math.max(leastQueueBytes, creditBytes))
}

/**
 * Bytes that one channel may queue for a busy link, `mostBytes` at most, while `freePart` of the budget is left. The
 * limit falls with the square of what is left, as windows do, so queues that stand still leave enough for others.
 */
export function sendQueueLimitBytes(freePart: number, mostBytes: number): number {
  if (freePart > plentyPart) return mostBytes
  const free = Math.max(0, freePart)
  return Math.min(mostBytes, Math.max(leastQueueBytes, Math.floor(mostBytes * free * free)))
}
