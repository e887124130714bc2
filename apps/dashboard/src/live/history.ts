/** Length of the history: five minutes at one rate a second. */
export const historyLength = 300

/** Bytes a second in each direction, at one moment. */
export interface Rate {
  readonly down: number
  readonly up: number
}

/** Returns `history` with one rate more, without its oldest if it is full. */
export function withRate(history: readonly Rate[], rate: Rate): readonly Rate[] {
  return [...history.slice(history.length < historyLength ? 0 : 1), rate]
}
