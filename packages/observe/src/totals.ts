import { isFailedOutcome, type LinkCounts, type Snapshot } from '@ls/foundation'
import { rateSince } from './rates.js'

/** Creates the short form of snapshots for readers of events, with rates since the previous one. */
export class Totals {
  #before: Point | undefined
  #rates: Rates = unknownRates

  /**
   * Short form of a snapshot.
   *
   * @param nowMs Time of a monotonic clock.
   */
  of(snapshot: Snapshot, nowMs: number): object {
    const { readiness, links, traffic, endedChannels, refusals, limits } = snapshot
    const now = {
      atMs: nowMs,
      bytesToTarget: sum(traffic, ({ bytesToTarget }) => bytesToTarget),
      bytesFromTarget: sum(traffic, ({ bytesFromTarget }) => bytesFromTarget),
      ended: sum(endedChannels, ({ count }) => count),
      open: sum(traffic, ({ open }) => open),
    }
    this.#measure(now)
    return {
      at: Date.now(),
      program: snapshot.program,
      ...readiness,
      links: linksOf(links),
      round_trip_ms: roundTripOf(links.roundTripsMs),
      connections: { open: now.open, ended: now.ended, failed: now.ended - endedWell(snapshot) },
      bytes_to_target: now.bytesToTarget,
      bytes_from_target: now.bytesFromTarget,
      ...this.#rates,
      queued_bytes: sum(traffic, ({ queuedBytes }) => queuedBytes),
      unsent_bytes: sum(traffic, ({ unsentBytes }) => unsentBytes),
      in_flight_bytes: links.inFlightBytes,
      replay_bytes: links.replayBytes,
      window_stalls: sum(traffic, ({ windowStalls }) => windowStalls),
      refusals: sum(Object.values(refusals), (count) => count),
      limits,
    }
  }

  /** Updates the rates. Readers may ask at any moment, and a rate over a few milliseconds would jump. */
  #measure(now: Point): void {
    const before = this.#before
    if (before !== undefined && now.atMs - before.atMs < minIntervalMs) return
    this.#before = now
    const rate = before === undefined ? undefined : rateSince(before, now)
    if (before === undefined || rate === undefined) this.#rates = unknownRates
    else {
      const opened = now.open + now.ended - before.open - before.ended
      const perSecond = (1000 * opened) / (now.atMs - before.atMs)
      this.#rates = {
        rate_to_target: rate.toTarget,
        rate_from_target: rate.fromTarget,
        connections_per_second: Math.round(perSecond * 10) / 10,
      }
    }
  }
}

interface Point {
  readonly atMs: number
  readonly bytesToTarget: number
  readonly bytesFromTarget: number
  readonly ended: number
  readonly open: number
}

interface Rates {
  readonly rate_to_target: number | null
  readonly rate_from_target: number | null
  readonly connections_per_second: number | null
}

const unknownRates: Rates = { rate_to_target: null, rate_from_target: null, connections_per_second: null }

/** Shortest interval, in milliseconds; less than a second, since timers are not exact. */
const minIntervalMs = 500

function sum<T>(all: readonly T[], valueOf: (each: T) => number): number {
  return all.reduce((total, each) => total + valueOf(each), 0)
}

function linksOf({ up, waiting, opened, resumed, lost, closed }: LinkCounts): object {
  return { up, waiting, opened, resumed, lost, closed }
}

/** Channels that ended without a failure. */
function endedWell({ endedChannels }: Snapshot): number {
  const well = endedChannels.filter(({ outcome }) => !isFailedOutcome(outcome))
  return sum(well, ({ count }) => count)
}

/** Round trip times; null without a measurement. */
function roundTripOf(sortedMs: readonly number[]): object | null {
  const at = (part: number): number => sortedMs[Math.max(0, Math.ceil(sortedMs.length * part) - 1)] ?? 0
  return sortedMs.length === 0 ? null : { p50: at(0.5), p99: at(0.99), max: at(1) }
}
