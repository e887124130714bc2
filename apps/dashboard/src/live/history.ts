/** Five minutes at one a second. */
export const historyLength = 300

/** Bytes a second in each direction, at one moment. */
export interface Rate {
  readonly down: number
  readonly up: number
}

/** Totals at one moment, as the server counts them. */
export interface Totals extends Rate {
  readonly atMs: number
}

/** How fast bytes moved between two moments; 0 where the server began anew in between. */
export function rateBetween(before: Totals | undefined, now: Totals): Rate {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000
  if (before === undefined || seconds <= 0) return { down: 0, up: 0 }
  return {
    down: Math.max(0, now.down - before.down) / seconds,
    up: Math.max(0, now.up - before.up) / seconds,
  }
}

/** `history` with one rate more, without its oldest where it is full. */
export function withRate(history: readonly Rate[], rate: Rate): readonly Rate[] {
  return [...history.slice(history.length < historyLength ? 0 : 1), rate]
}
