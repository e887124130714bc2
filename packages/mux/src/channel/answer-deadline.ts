/** How long a channel has waited for its answer, and how long it may, in milliseconds. */
export interface AnswerWait {
  /** Waited while the link was up. */
  readonly linkedMs: number
  /** Waited in all. */
  readonly elapsedMs: number
  /** Allowed while the link is up. */
  readonly deadlineMs: number
  /** Allowed in all, however long the link was down. */
  readonly limitMs: number
}

/**
 * Longest time that a channel still waits for its answer, in milliseconds; 0 when it is over. Time without a link is
 * not the peer's fault, so it counts only towards the limit.
 */
export function remainingAnswerMs({ linkedMs, elapsedMs, deadlineMs, limitMs }: AnswerWait): number {
  return Math.max(0, Math.min(deadlineMs - linkedMs, limitMs - elapsedMs))
}

/** Grace time of a session: an answer later than this finds its channel gone. In milliseconds. */
export const answerLimitMs = 60_000
