/** Part of the budget; while more than this is left, a channel reads and queues without regard to its credit. */
const plentyPart = 15 / 16

/** Bytes that a channel may always read or queue: smaller reads would cost more than the memory they save. */
export const leastQueueBytes = 4096

/**
 * Bytes to read from a source in one call, at most `mostBytes`, where the peer takes `creditBytes` without a new grant
 * and `freePart` (0 to 1) of the budget is left.
 *
 * Bytes read beyond the credit wait here while the peer's consumer is stalled. 2,000 such channels held up to 64 KiB
 * each, so once a sixteenth of the budget is in use, reads follow the credit.
 */
export function readAheadBytes(creditBytes: number, freePart: number, mostBytes: number): number {
  if (freePart > plentyPart) return mostBytes
  return Math.min(mostBytes, Math.max(leastQueueBytes, creditBytes))
}

/**
 * Bytes that one channel may queue for a busy link, at most `mostBytes`, while `freePart` of the budget is left. The
 * limit falls with the square of the part that is left, as windows do, so stalled queues leave enough for others.
 */
export function sendQueueLimitBytes(freePart: number, mostBytes: number): number {
  if (freePart > plentyPart) return mostBytes
  const free = Math.max(0, freePart)
  return Math.min(mostBytes, Math.max(leastQueueBytes, Math.floor(mostBytes * free * free)))
}
