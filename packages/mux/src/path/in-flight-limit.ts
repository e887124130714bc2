import type { AckArrival } from '@ls/codec'
import { overfills, paceOf } from './bulk-pacer.js'
import { LimitGrowth } from './limit-growth.js'
import type { PathLimitOptions } from './path-limit.js'
import { PathRound } from './path-round.js'
import { type PathSample, PathSampler } from './path-sampler.js'
import { baseOf, looseMs, slackOf, turnMs, wholePackets } from './path-slack.js'
import { PathStart } from './path-start.js'
import { QueueCuts } from './queue-cuts.js'
import { lateStartBytes, minMessageBytes, startBytes } from './start-bytes.js'
import { Unevenness, unevenShare } from './unevenness.js'
import { WindowedMinimum } from './windowed-minimum.js'

/** Options of an {@link InFlightLimit}. Without `unacknowledgedBytes` there are none when a path begins. */
export type InFlightLimitOptions = Pick<PathLimitOptions, 'clock' | 'ack2' | 'quantumBytes' | 'beside'> &
  Partial<Pick<PathLimitOptions, 'unacknowledgedBytes'>>

/**
 * Limits the unacknowledged bytes before bulk has to wait, and the length of bulk messages. Works only with `resume`,
 * which has Acks.
 *
 * Bytes beyond the capacity of the path wait in a queue, of the kernel or of the bottleneck, and a keystroke waits
 * behind them. So the limit is the capacity of the path and a few milliseconds more, enough to see from the delay that
 * the path is full. The limit grows while the delay shows no queue; a queue is subtracted from it. See
 * docs/decisions/0025.
 */
export class InFlightLimit {
  readonly #options: InFlightLimitOptions
  #relaxed = false
  #sent = 0
  #sampler!: PathSampler
  #round!: PathRound
  #limitBytes!: number
  /** Known throughput of the path, in bytes a millisecond. */
  #rate!: number
  #leastMsPerByte!: WindowedMinimum
  /** Present until the limit has found how much the path carries. */
  #start: PathStart | undefined
  #growth!: LimitGrowth
  #unevenness!: Unevenness
  /** Shortest round trip as of the last round. */
  #baseMs!: number
  /** Delay that remained when less was sent, in milliseconds: other traffic, or a longer path. */
  #foreignMs!: number
  #cuts!: QueueCuts
  /** Consecutive rounds after the start in which bulk filled the path. */
  #fullRounds!: number
  #beforeProbeBytes: number | undefined
  #probedAtMs!: number

  constructor(options: InFlightLimitOptions) {
    this.#options = options
    this.restart(0)
  }

  get bytes(): number {
    return this.#limitBytes
  }

  /** Length of a bulk message: what the path carries in a few milliseconds, since other channels wait for it. */
  get messageBytes(): number {
    return Math.min(wholePackets(this.#rate * messageMs), this.#options.quantumBytes)
  }

  /** Most bytes a millisecond at which bulk may leave; undefined where the kernel spreads it over time. */
  get pace(): number | undefined {
    return this.#options.ack2
      ? paceOf(1 / this.#leastMsPerByte.value, this.#baseMs, this.#options.beside?.())
      : undefined
  }

  /** Whether bulk or losses delay all in this transport, so that urgent messages would arrive sooner over another. */
  get crowded(): boolean {
    const isDelayed = this.#fullRounds >= crowdedRounds || this.#start?.sawDelay === true
    const isFull = isDelayed && this.#rate * this.#baseMs > pauseBytes
    return this.#baseMs >= turnMs && (this.#unevenness.isUneven || isFull)
  }

  /** Starts to measure a path behind message `sent`: a new transport may use another path. */
  restart(sent: number): void {
    const { clock, ack2 } = this.#options
    this.#sent = sent
    this.#sampler = new PathSampler(clock, this.#options.unacknowledgedBytes?.() ?? 0)
    this.#round = new PathRound()
    this.#round.begin(sent)
    this.#limitBytes = ack2 ? startBytes : lateStartBytes
    this.#rate = ack2 ? 0 : Infinity
    this.#leastMsPerByte = new WindowedMinimum(rateLifetimeMs)
    this.#start = new PathStart(2 * startBytes)
    this.#growth = new LimitGrowth()
    this.#unevenness = new Unevenness()
    this.#baseMs = 0
    this.#foreignMs = 0
    this.#cuts = new QueueCuts()
    this.#fullRounds = 0
    this.#beforeProbeBytes = undefined
    this.#probedAtMs = clock.now()
  }

  /** With `relaxed`, allows for losses and for pauses of TCP, since urgent messages do not wait behind bulk. */
  relax(relaxed: boolean): void {
    this.#relaxed = relaxed
    // Otherwise the limit of the start, which was too large, would be tried again after each pause.
    this.#growth.forget()
  }

  /** Called when a numbered message leaves. */
  sent(sequence: number, bytes: number): void {
    this.#sent = sequence
    this.#sampler.sent(sequence, bytes, this.#limitBytes / marksPerRound)
  }

  /** Called when the limit has held a message back. */
  reached(): void {
    this.#sampler.reached()
  }

  /** Called when the peer has everything up to `sequence`, which is `bytes` more than before; `arrival` with `ack2`. */
  acknowledged(sequence: number, bytes: number, arrival?: AckArrival): void {
    const sample = this.#sampler.acknowledged(sequence, bytes, arrival)
    if (sample === undefined) return
    this.#leastMsPerByte.add(1 / sample.rate, this.#options.clock.now())
    this.#heedAlarm(sample)
    const round = this.#round.add(sample, this.#samplesNeeded, this.#limitBytes)
    if (round === undefined) return
    this.#round.begin(this.#sent)
    this.#learn(round)
  }

  /** Whether bytes as the limit allows may overfill the queue: the kernel sends them in bursts. */
  get #mayOverfill(): boolean {
    return this.#options.ack2 && overfills(this.#limitBytes, this.#baseMs, this.#options.beside?.())
  }

  get #samplesNeeded(): number {
    if (this.#start !== undefined) return 1
    return this.#isUneven || this.#isOnTrial ? fewSamples : samplesPerRound
  }

  get #isUneven(): boolean {
    // Late Acks are uneven by themselves.
    return !this.#options.ack2 || this.#unevenness.isUneven
  }

  get #isOnTrial(): boolean {
    return this.#options.ack2 && this.#unevenness.isOnTrial
  }

  /**
   * Reacts immediately to a path that has become much slower: its queue is too long to wait for the end of the round.
   */
  #heedAlarm(sample: PathSample): void {
    const baseMs = baseOf(sample)
    const queueMs = sample.delayMs - baseMs - this.#foreignMs
    const jitterMs = 2 * baseMs + (this.#relaxed ? relaxedAlarmMs : alarmMs)
    if (this.#start !== undefined || this.#isUneven || this.#isOnTrial || queueMs < jitterMs) return
    if (sample.inFlightBytes <= this.#limitBytes / 2) return
    this.#lower(sample, queueMs - slackOf(sample))
    // A cut empties the queue as a probe does; both together would leave the path unused for longer.
    this.#probedAtMs = this.#options.clock.now()
  }

  #learn(round: PathSample): void {
    this.#baseMs = round.baseMs
    const before = this.#rate
    const isFull = round.heldBack || round.inFlightBytes > this.#limitBytes / 2
    // The sender had less data than the limit allows, so this is a lower bound of the throughput and not the maximum.
    this.#rate = isFull ? round.rate : Math.max(round.rate, before)
    this.#fullRounds = isFull && this.#start === undefined ? this.#fullRounds + 1 : 0
    if (this.#beforeProbeBytes !== undefined) return this.#endProbe(round, this.#beforeProbeBytes)
    const baseMs = baseOf(round)
    const slackMs = slackOf(round)
    const delayedMs = round.delayMs - baseMs - slackMs
    if (!isFull && !this.#overshot(round, delayedMs)) return
    if (this.#start?.standsStill !== false) this.#learnUnevenness(round)
    if (this.#isOnTrial) return
    if (this.#start !== undefined) return this.#continueStart(this.#start, round, delayedMs)
    if (this.#options.clock.now() - this.#probedAtMs > probeEveryMs) return this.#beginProbe()
    if (this.#isUneven) this.#limitBytes = this.#looseBytes(round)
    else this.#steer(round, delayedMs - this.#foreignMs, slackMs)
  }

  /** Learns from a round; a trial begins with a limit that empties any queue. */
  #learnUnevenness(round: PathSample): void {
    const wasOnTrial = this.#isOnTrial
    this.#unevenness.learn(unevenShare(round))
    if (!this.#isOnTrial || wasOnTrial) return
    this.#limitBytes = Math.max(this.#limitBytes * probeShare, minLimitBytes)
    this.#growth.settle()
  }

  /** Returns the limit on a path whose delay does not show the queue well. */
  #looseBytes(round: PathSample): number {
    const ms = this.#options.ack2 ? looseMs(round, this.#relaxed) : 2 * baseOf(round) + lateAckMs
    return ms / this.#leastMsPerByte.value
  }

  /**
   * Whether the start has raised the limit to more than twice what the windows of channels allow, and those bytes
   * already wait in a queue. Without this check the start would never end, and nothing would limit the queue.
   */
  #overshot({ inFlightBytes, baseMs }: PathSample, delayedMs: number): boolean {
    return this.#start !== undefined && inFlightBytes > startBytes && delayedMs >= baseMs / 8
  }

  #continueStart(start: PathStart, round: PathSample, delayedMs: number): void {
    const isLarge = this.#mayOverfill
    const step = isLarge ? 'end' : start.learn(round, delayedMs, this.#relaxed)
    if (step === 'double') this.#limitBytes *= 2
    if (step !== 'end') return
    this.#start = undefined
    if (this.#relaxed && start.hasLosses(round.baseMs)) this.#unevenness.suspect()
    if (this.#relaxed && this.#unevenness.isUneven) this.#limitBytes = this.#looseBytes(round)
    else if (!isLarge || delayedMs > 0) this.#lower(round, delayedMs)
    // The start doubles its limit, so what it had at last is too large.
    this.#growth.forget()
  }

  /** Adjusts the limit. `excessMs`: delay beyond the wanted one. */
  #steer(round: PathSample, excessMs: number, slackMs: number): void {
    if (excessMs > slackMs / 4) return this.#cutOrRestore(round, excessMs)
    this.#cuts.forget()
    if (excessMs > -slackMs / 2) this.#growth.settle()
    else
      this.#limitBytes = this.#growth.grown(this.#limitBytes, this.#mayOverfill ? -excessMs / baseOf(round) : undefined)
  }

  #cutOrRestore(round: PathSample, excessMs: number): void {
    const formerBytes = this.#cuts.inVain(round.rate, this.#limitBytes)
    if (formerBytes === undefined) return this.#lower(round, excessMs)
    this.#foreignMs += excessMs
    this.#limitBytes = formerBytes
  }

  #lower({ rate, inFlightBytes, baseMs }: PathSample, excessMs: number): void {
    const bytes = Math.max(inFlightBytes - rate * excessMs, rate * baseMs, minLimitBytes)
    this.#growth.lowered(this.#limitBytes, bytes)
    this.#limitBytes = Math.min(bytes, this.#limitBytes)
  }

  /**
   * Lowers the limit below the path's capacity for one round, so that its queue empties and the true round trip is
   * measured.
   */
  #beginProbe(): void {
    this.#beforeProbeBytes = this.#limitBytes
    this.#cuts.forget()
    this.#limitBytes *= probeShare
  }

  #endProbe(round: PathSample, limitBytes: number): void {
    this.#beforeProbeBytes = undefined
    this.#probedAtMs = this.#options.clock.now()
    this.#foreignMs = Math.min(this.#foreignMs, Math.max(0, round.delayMs - baseOf(round)))
    this.#limitBytes = limitBytes
  }
}

/** Time on the path of a bulk message, in milliseconds; from 100 Mbit/s on messages have their full length. */
const messageMs = 5

const minLimitBytes = 4 * minMessageBytes

/** Longest delay of an Ack from a peer without `ack2` (protocol.md §3). */
const lateAckMs = 50

/** Number of messages in flight that are measured, and number of samples in a round; fewer if a round takes long. */
const marksPerRound = 8
const samplesPerRound = 6
const fewSamples = 3

/** Lifetime of the highest throughput, in milliseconds. */
const rateLifetimeMs = 3000

/** Rounds filled with bulk after which bulk will probably fill the path for longer. */
const crowdedRounds = 8

/** Bytes that a path must hold before a pause of BBR slows it down: BBR leaves four packets in flight. */
const pauseBytes = 6 * minMessageBytes

/** Delay beyond two round trips that is a queue and not jitter, in milliseconds. */
const alarmMs = 50

/**
 * The same where urgent messages have another transport, in milliseconds: longer than BBR's pauses of 200 ms, which are
 * no queue.
 */
const relaxedAlarmMs = 300

/** Share of the limit in a probe: empties any queue within a round, and keeps the path busy meanwhile. */
const probeShare = 3 / 4

/** Interval of measurements of the shortest round trip, in milliseconds; they cost less than 1 % of throughput. */
const probeEveryMs = 10_000
