import type { Snapshot } from '@ls/foundation'

/** Number of seconds in the history: more than the widest terminal shows. */
const maxSpeeds = 400

/** Speeds of all traffic over time, in bytes a second. */
export class SpeedHistory {
  readonly toTarget: number[] = []
  readonly fromTarget: number[] = []
  #before: Totals | undefined

  /** Adds the totals of a moment, in milliseconds of any monotonic clock. */
  add({ traffic }: Pick<Snapshot, 'traffic'>, atMs: number): void {
    const now = {
      atMs,
      toTarget: traffic.reduce((sum, { bytesToTarget }) => sum + bytesToTarget, 0),
      fromTarget: traffic.reduce((sum, { bytesFromTarget }) => sum + bytesFromTarget, 0),
    }
    const before = this.#before
    this.#before = now
    if (before === undefined) return
    const seconds = Math.max(0.001, (atMs - before.atMs) / 1000)
    remember(this.toTarget, (now.toTarget - before.toTarget) / seconds)
    remember(this.fromTarget, (now.fromTarget - before.fromTarget) / seconds)
  }
}

interface Totals {
  readonly atMs: number
  readonly toTarget: number
  readonly fromTarget: number
}

/** Adds a speed. A server that was restarted has smaller totals. */
function remember(speeds: number[], speed: number): void {
  speeds.push(Math.max(0, Math.round(speed)))
  if (speeds.length > maxSpeeds) speeds.shift()
}
