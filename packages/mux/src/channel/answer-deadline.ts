/** How long a channel has waited for its answer, and how long it may, in milliseconds. */
export interface AnswerWait {
  /** Waited while the link was up. */
  readonly linkedMs: number
  /** Waited in all. */
  readonly elapsedMs: number
  /** Allowed while the link is up: the peer has had its time. */
  readonly deadlineMs: number
  /** Allowed in all, however long the link was down. */
  readonly limitMs: number
}

/**
 * How much longer a channel waits for its answer at the most, in milliseconds; 0 for no more. Time without a link is not
 * the peer's, so only the limit counts it.
 */
export function remainingAnswerMs({ linkedMs, elapsedMs, deadlineMs, limitMs }: AnswerWait): number {
  return Math.max(0, Math.min(deadlineMs - linkedMs, limitMs - elapsedMs))
}

/** As long as a session waits for its link: what outlives that finds its channels gone. In milliseconds. */
export const answerLimitMs = 60_000
