/**
 * Delay before another attempt to open a port that was taken `failures` times, in milliseconds: a second, doubled each
 * time, up to 30 s. Usually a previous process that is still stopping has the port. Then it is free soon; otherwise it
 * stays taken for hours.
 */
export function portRetryMs(failures: number): number {
  return Math.min(firstRetryMs * 2 ** (failures - 1), maxRetryMs)
}

const firstRetryMs = 1000

const maxRetryMs = 30_000
