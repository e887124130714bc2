/**
 * Delay before a proxy port that could not be opened is tried again, in milliseconds: a second, then twice as long each
 * time, up to 30 s. Most often a predecessor that is still stopping holds the port; then it is free soon, otherwise not
 * for hours.
 */
export function portRetryMs(failures: number): number {
  return Math.min(1000 * 2 ** (failures - 1), maxRetryMs)
}

const maxRetryMs = 30_000
