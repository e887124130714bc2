import type { Duplex } from 'node:stream'
import type { Clock } from '@ls/foundation'
import { addressGroup } from '@ls/mux'
import { AddressPace } from './address-pace.js'

/**
 * Most jobs of one turn of the event loop: about a millisecond of upgrades. A proxied request takes half a dozen turns
 * until its answer, and each waits for these jobs; with eight, a flood made it take four to seven times as long.
 */
const jobsPerTurn = 2

/**
 * Turns of the event loop for one job, where they are short and a connection arrives in each. libuv accepts one
 * connection in a turn, and the kernel keeps the others in the order of arrival: with a job in each turn, accepting is
 * slower than a flood, and a new client waits for all of it. A turn in which none arrives shows that the kernel keeps
 * none, so the next job waits no longer.
 */
const turnsPerJob = 4

/** Time for one job, in milliseconds, for turns that are long: data of other clients must not keep new ones waiting. */
const msPerJob = 4

/** Runs the job; returns false where there was nothing left to do. */
export type TurnJob = () => boolean

export interface TurnsOptions {
  readonly clock: Clock
  /**
   * Jobs of one address (IPv6: one /64) in a second, which may all run together after a pause; at least 1. Jobs that
   * are forgiven do not count. Clients without an address are not limited.
   *
   * @default no limit
   */
  readonly jobsPerSecond?: number
}

/** Waiting jobs of one address, in the order of arrival. */
type Jobs = Set<TurnJob>

/**
 * Runs at most {@link jobsPerTurn} jobs in one turn of the event loop. A flood of connections arrives in one turn; run
 * together, it would keep all open links waiting. Addresses (IPv6: one /64) take turns, so that a new client does not
 * wait behind the flood of another; jobs of one address run in the order of arrival.
 */
export class Turns {
  readonly #clock: Clock
  readonly #pace: AddressPace | undefined
  /** The jobs that wait, by address, in the order of their turns. */
  readonly #waiting = new Map<string, Jobs>()
  /** Waiting jobs of addresses that have used their jobs of this second. */
  readonly #resting = new Map<string, Jobs>()
  /** Jobs that may run now. */
  #credit = jobsPerTurn
  #creditedAtMs: number
  #isScheduled = false
  /** Whether a job has arrived in this turn of the event loop. */
  #hasArrival = false

  constructor({ clock, jobsPerSecond }: TurnsOptions) {
    this.#clock = clock
    this.#creditedAtMs = clock.now()
    this.#pace = jobsPerSecond === undefined ? undefined : new AddressPace({ clock, jobsPerSecond })
  }

  /** Runs `job` for a client of `address` now, or in a later turn where this one is full. */
  run(address: string | undefined, job: TurnJob): void {
    if (!this.#isScheduled) this.#wake()
    this.#hasArrival = true
    const group = groupOf(address)
    const mustWait = this.#credit < 1 || this.#waiting.size > 0 || this.#restMs(group) > 0
    if (mustWait) return this.#enqueue(group, job)
    this.#do(group, job)
  }

  /** Runs `begin` when `connection` has its turn, unless it is cut before. Until then its errors are ignored. */
  runFor(connection: Duplex, address: string | undefined, begin: () => void): void {
    const job = (): boolean => {
      if (connection.destroyed) return false
      connection.off('error', ignore)
      connection.off('close', onClose)
      begin()
      return true
    }
    const onClose = (): void => this.cancel(address, job)
    connection.on('error', ignore)
    connection.once('close', onClose)
    this.run(address, job)
  }

  /** Removes a waiting job of `address`. The order of the others does not change. */
  cancel(address: string | undefined, job: TurnJob): void {
    const group = groupOf(address)
    this.#waiting.get(group)?.delete(job)
    this.#resting.get(group)?.delete(job)
  }

  /** Stops counting a job of `address` against its second, since it has succeeded. */
  forgive(address: string | undefined): void {
    this.#pace?.uncount(groupOf(address))
  }

  #enqueue(group: string, job: TurnJob): void {
    const jobs = this.#resting.get(group) ?? this.#waiting.get(group)
    if (jobs === undefined) this.#waiting.set(group, new Set([job]))
    else jobs.add(job)
  }

  /** Starts the turns again. Time without jobs adds no credit, which is full already. */
  #wake(): void {
    this.#creditedAtMs = this.#clock.now()
    this.#schedule()
  }

  #schedule(): void {
    this.#isScheduled = true
    setImmediate(this.#next)
  }

  readonly #next = (): void => {
    this.#isScheduled = false
    this.#earn()
    for (const [group, jobs] of this.#waiting) {
      if (this.#credit < 1) break
      // The address moves behind the others, which are next.
      this.#waiting.delete(group)
      this.#takeTurn(group, jobs)
    }
    if (this.#waiting.size > 0 || this.#credit < jobsPerTurn) this.#schedule()
  }

  #earn(): void {
    const now = this.#clock.now()
    const earned = (this.#hasArrival ? 1 / turnsPerJob : 1) + (now - this.#creditedAtMs) / msPerJob
    this.#credit = Math.min(jobsPerTurn, this.#credit + earned)
    this.#creditedAtMs = now
    this.#hasArrival = false
  }

  #takeTurn(group: string, jobs: Jobs): void {
    const [job] = jobs
    if (job === undefined) return
    const restMs = this.#restMs(group)
    if (restMs > 0) return this.#rest(group, jobs, restMs)
    jobs.delete(job)
    if (jobs.size > 0) this.#waiting.set(group, jobs)
    this.#do(group, job)
  }

  #do(group: string, job: TurnJob): void {
    if (!job()) return
    this.#credit--
    if (group !== noAddress) this.#pace?.count(group)
  }

  #restMs(group: string): number {
    return group === noAddress ? 0 : (this.#pace?.restMs(group) ?? 0)
  }

  #rest(group: string, jobs: Jobs, restMs: number): void {
    this.#resting.set(group, jobs)
    this.#clock.setTimeout(() => {
      this.#resting.delete(group)
      if (jobs.size === 0) return
      this.#waiting.set(group, jobs)
      if (!this.#isScheduled) this.#wake()
    }, restMs)
  }
}

const ignore = (): void => {}

/** Key for clients without an address. */
const noAddress = ''

function groupOf(address: string | undefined): string {
  return address === undefined ? noAddress : addressGroup(address)
}
