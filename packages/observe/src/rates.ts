import type { MovedBytes } from './live-connection.js'

/** Bytes a second each way. */
export interface Rate {
  /** Towards the target. */
  readonly toTarget: number
  /** Back from it. */
  readonly fromTarget: number
}

/** Something whose bytes grow. */
export interface Measured extends MovedBytes {
  /** The same object at each look. */
  readonly key: object
  /** When it began, in milliseconds of the clock. */
  readonly openedAtMs: number
}

/** Looks closer together than this share one measurement: many readers cost no more than one. In milliseconds. */
const minIntervalMs = 900

/** A measurement over more than this says nothing of now. In milliseconds. */
const maxIntervalMs = 10_000

/** Speeds between two looks. Nobody who does not look pays for it. */
export class Rates {
  readonly #samples = new WeakMap<object, Sample>()
  #lookedAtMs: number | undefined
  /** Time of the look before; nothing began after it if there was none. */
  #beforeMs = Infinity

  /** Looks at everything there is now. */
  measure(all: Iterable<Measured>, nowMs: number): void {
    if (this.#lookedAtMs !== undefined && nowMs - this.#lookedAtMs < minIntervalMs) return
    this.#beforeMs = this.#lookedAtMs ?? Infinity
    this.#lookedAtMs = nowMs
    for (const measured of all) this.#measure(measured, nowMs)
  }

  /** The speed at the last look; undefined before there were two. */
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

/** Undefined where the points are too far apart. */
export function rateSince(before: Point, now: Point): Rate | undefined {
  const elapsedMs = now.atMs - before.atMs
  if (elapsedMs > maxIntervalMs) return undefined
  // Something that began this moment has no speed yet, and must not divide by zero.
  const seconds = Math.max(elapsedMs, minIntervalMs) / 1000
  return {
    toTarget: Math.max(0, Math.round((now.bytesToTarget - before.bytesToTarget) / seconds)),
    fromTarget: Math.max(0, Math.round((now.bytesFromTarget - before.bytesFromTarget) / seconds)),
  }
}
