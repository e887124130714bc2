import type { MovedBytes } from './live-connection.js'

/** Bytes a second in each direction. */
export interface Rate {
  /** Rate to the target. */
  readonly toTarget: number
  /** Rate from the target. */
  readonly fromTarget: number
}

/** An object whose byte counts grow. */
export interface Measured extends MovedBytes {
  /** Key: the same object in each measurement. */
  readonly key: object
  /** Time of its beginning, in milliseconds of the clock. */
  readonly openedAtMs: number
}

/**
 * Shortest time between two measurements, in milliseconds. Calls within it share one, so that many readers cost no more
 * than one.
 */
const minIntervalMs = 900

/** Longest time between two measurements, in milliseconds: a rate over more than this does not describe the present. */
const maxIntervalMs = 10_000

/** Rates between two measurements. They cost nothing while nothing is measured. */
export class Rates {
  readonly #samples = new WeakMap<object, Sample>()
  #lookedAtMs: number | undefined
  /** Time of the previous measurement; Infinity if there was none. */
  #beforeMs = Infinity

  /** Measures all objects. */
  measure(all: Iterable<Measured>, nowMs: number): void {
    if (this.#lookedAtMs !== undefined && nowMs - this.#lookedAtMs < minIntervalMs) return
    this.#beforeMs = this.#lookedAtMs ?? Infinity
    this.#lookedAtMs = nowMs
    for (const measured of all) this.#measure(measured, nowMs)
  }

  /** Rate at the last measurement; undefined before there were two. */
  of(key: object): Rate | undefined {
    return this.#samples.get(key)?.rate
  }

  #measure({ key, bytesToTarget, bytesFromTarget, openedAtMs }: Measured, nowMs: number): void {
    const known = this.#samples.get(key)
    const before = known ?? (openedAtMs >= this.#beforeMs ? { ...nothing, atMs: openedAtMs } : undefined)
    const rate = before === undefined ? undefined : rateSince(before, { bytesToTarget, bytesFromTarget, atMs: nowMs })
    this.#samples.set(key, { bytesToTarget, bytesFromTarget, atMs: nowMs, rate })
  }
}

interface Point extends MovedBytes {
  readonly atMs: number
}

interface Sample extends Point {
  readonly rate: Rate | undefined
}

const nothing = { bytesToTarget: 0, bytesFromTarget: 0 }

/** Rate between two points; undefined if they are too far apart. */
export function rateSince(before: Point, now: Point): Rate | undefined {
  const elapsedMs = now.atMs - before.atMs
  if (elapsedMs > maxIntervalMs) return undefined
  // An object that has just begun has no rate yet, and must not cause a division by zero.
  const seconds = Math.max(elapsedMs, minIntervalMs) / 1000
  return {
    toTarget: Math.max(0, Math.round((now.bytesToTarget - before.bytesToTarget) / seconds)),
    fromTarget: Math.max(0, Math.round((now.bytesFromTarget - before.bytesFromTarget) / seconds)),
  }
}
