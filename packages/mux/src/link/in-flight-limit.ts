import type { Clock } from '@ls/foundation'
import type { AckArrival } from '@ls/codec'
import { PathRound } from './path-round.js'
import { type PathSample, PathSampler } from './path-sampler.js'
import { QueueCuts } from './queue-cuts.js'
import { Unevenness } from './unevenness.js'
import { WindowedMinimum } from './windowed-minimum.js'

export interface InFlightLimitOptions {
  readonly clock: Clock
  /** The peer acknowledges soon, and says when messages arrived. */
  readonly ack2: boolean
  /** Largest payload of a message, in bytes. */
  readonly quantumBytes: number
}

/**
 * How many bytes may be sent and not acknowledged before bulk has to wait (only with `resume`, which has Acks), and how
 * long a message of bulk should be.
 *
 * What is under way beyond what the path holds waits in a queue, of the kernel or of the bottleneck, and a keystroke waits
 * behind it. So the limit is what the path holds and a few milliseconds more, enough to see by the delay that the path is
 * full. While the delay shows no queue the limit grows; a queue is taken off it. See docs/decisions/0025.
 */
export class InFlightLimit {
  readonly #options: InFlightLimitOptions
  #sent = 0
  #sampler!: PathSampler
  #round!: PathRound
  #limitBytes!: number
  /** Bytes a millisecond that the path is known to carry. */
  #rate!: number
  #leastMsPerByte!: WindowedMinimum
  #starting!: boolean
  /** Rounds in a row of the start that delivered no more than the one before. */
  #standstill!: number
  /** Share by which the limit grows in a round that shows no queue. */
  #growth!: number
  /** What the limit was before a deep cut: the path may only have paused. */
  #formerBytes!: number
  #unevenness!: Unevenness
  /** Delay that stayed when less was sent: the queue of others, or a path that has become longer. */
  #foreignMs!: number
  #cuts!: QueueCuts
  #beforeProbeBytes: number | undefined
  #probedAtMs!: number

  constructor(options: InFlightLimitOptions) {
    this.#options = options
    this.restart()
  }

  get bytes(): number {
    return this.#limitBytes
  }

  /** Payload that the path carries in a few milliseconds: other channels wait for it. */
  get messageBytes(): number {
    return Math.min(Math.max(Math.floor(this.#rate * messageMs), minMessageBytes), this.#options.quantumBytes)
  }

  /** Another transport, another path. */
  restart(): void {
    const { clock, ack2 } = this.#options
    this.#sampler = new PathSampler(clock)
    this.#round = new PathRound()
    this.#round.begin(this.#sent)
    this.#limitBytes = ack2 ? startBytes : lateStartBytes
    this.#rate = ack2 ? 0 : Infinity
    this.#leastMsPerByte = new WindowedMinimum(rateLifetimeMs)
    this.#starting = true
    this.#standstill = 0
    this.#growth = slowGrowth
    this.#formerBytes = 0
    this.#unevenness = new Unevenness()
    this.#foreignMs = 0
    this.#cuts = new QueueCuts()
    this.#beforeProbeBytes = undefined
    this.#probedAtMs = clock.now()
  }

  /** A numbered message leaves. */
  sent(sequence: number, bytes: number): void {
    this.#sent = sequence
    this.#sampler.sent(sequence, bytes, this.#limitBytes / marksPerRound)
  }

  /** The limit held something back. */
  reached(): void {
    this.#sampler.reached()
  }

  /** The peer has everything up to `sequence`, which is `bytes` more than before; `arrival` with `ack2`. */
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

  get #samplesNeeded(): number {
    if (this.#starting) return 1
    return this.#isUneven ? fewSamples : samplesPerRound
  }

  get #isUneven(): boolean {
    // Acks that come late are uneven by themselves.
    return !this.#options.ack2 || this.#unevenness.isUneven
  }

  /** A path that has become slower by far: its queue is too long to wait for the end of the round. */
  #heedAlarm(sample: PathSample): void {
    const baseMs = baseOf(sample)
    const queueMs = sample.delayMs - baseMs - this.#foreignMs
    if (this.#starting || this.#isUneven || queueMs < 2 * baseMs + alarmMs) return
    if (sample.inFlightBytes > this.#limitBytes / 2) this.#lower(sample, queueMs - slackOf(sample))
  }

  #learn(round: PathSample): void {
    const before = this.#rate
    const isFull = round.heldBack || round.inFlightBytes > this.#limitBytes / 2
    // Less was delivered than the limit allows because there was no more: that says what is possible, not what is not.
    this.#rate = isFull ? round.rate : Math.max(round.rate, before)
    if (this.#beforeProbeBytes !== undefined) return this.#endProbe(round, this.#beforeProbeBytes)
    if (!isFull) return
    const baseMs = baseOf(round)
    const slackMs = slackOf(round)
    const meanMs = round.inFlightBytes / round.rate
    if (!this.#starting || this.#standstill > 0) this.#unevenness.learn((meanMs - round.delayMs - slackMs) / baseMs)
    if (this.#starting) return this.#start(round, round.delayMs - baseMs - slackMs, before)
    if (this.#options.clock.now() - this.#probedAtMs > probeEveryMs) return this.#beginProbe()
    if (this.#isUneven) this.#limitBytes = this.#holdLoosely(baseMs, slackMs) / this.#leastMsPerByte.value
    else this.#steer(round, round.delayMs - baseMs - this.#foreignMs - slackMs, slackMs)
  }

  /** Time that the limit is enough for where the delay says little about the queue. */
  #holdLoosely(baseMs: number, slackMs: number): number {
    return this.#options.ack2 ? lossRoundTrips * baseMs + slackMs : 2 * baseMs + lateAckMs
  }

  /** Doubles the limit until there is a queue and no more is delivered for it: the connection underneath starts slowly. */
  #start(round: PathSample, excessMs: number, before: number): void {
    const isQueue = excessMs >= round.baseMs / 8
    if (!isQueue) this.#limitBytes *= 2
    this.#standstill = round.rate < 1.2 * before ? this.#standstill + 1 : 0
    if (!isQueue || this.#standstill < 2) return
    this.#starting = false
    this.#lower(round, excessMs)
  }

  /** `excessMs`: by how much the delay is longer than it should be. */
  #steer(round: PathSample, excessMs: number, slackMs: number): void {
    if (excessMs > slackMs / 4) return this.#cutOrRestore(round, excessMs)
    this.#cuts.forget()
    if (excessMs > -slackMs / 2) {
      this.#growth = slowGrowth
      return
    }
    this.#limitBytes *= this.#limitBytes < this.#formerBytes / 2 ? 2 : 1 + this.#growth
    this.#growth = Math.min(2 * this.#growth, 1)
  }

  #cutOrRestore(round: PathSample, excessMs: number): void {
    const formerBytes = this.#cuts.inVain(round.rate, this.#limitBytes)
    if (formerBytes === undefined) return this.#lower(round, excessMs)
    this.#foreignMs += excessMs
    this.#limitBytes = formerBytes
  }

  #lower({ rate, inFlightBytes, baseMs }: PathSample, excessMs: number): void {
    this.#growth = slowGrowth
    const bytes = Math.max(inFlightBytes - rate * excessMs, rate * baseMs, minLimitBytes)
    if (bytes < this.#limitBytes / 2) this.#formerBytes = this.#limitBytes
    this.#limitBytes = Math.min(bytes, this.#limitBytes)
  }

  /** For one round the limit is below what the path holds, so that its queue empties and shows the true round trip. */
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

function baseOf({ baseMs }: PathSample): number {
  return Math.max(baseMs, turnMs)
}

/** The queue to keep, in milliseconds, so that the path never runs dry. */
function slackOf({ rate, baseMs }: PathSample): number {
  return Math.max(leastSlackMs, baseMs * slackShare, (slackMessages * minMessageBytes) / rate)
}

/** Two round trips of a connection that begins (RFC 6928 has 14 KiB for the first): nothing starts slower for it. */
const startBytes = 32_768

/** For a peer that may acknowledge each 50 ms only: 20 Mbit/s from the first on. */
const lateStartBytes = 131_072

/** Time on the path that a message of bulk may take: from 100 Mbit/s on it is as long as can be. */
const messageMs = 5

/** What fits a packet of 1500 bytes with the headers of Data, WebSocket, TLS, TCP and IPv6. */
const minMessageBytes = 1380

const minLimitBytes = 4 * minMessageBytes

/** A round trip through two event loops under load, where the wire itself takes less. */
const turnMs = 20

/**
 * BBR sends at three quarters of the rate for one round trip in eight, and a queue has to fill the gap. Simulated at 50 ms,
 * 12 ms had 0.95 of plain TCP's throughput, 20 ms 0.98; at 200 ms an eighth of a round trip makes 0.94 to 0.95.
 */
const leastSlackMs = 20
const slackShare = 1 / 8

/** On a slow path an Ack comes each second message, so three have to be there. */
const slackMessages = 3

/** What a peer without `ack2` lets an Ack wait (protocol.md §3). */
const lateAckMs = 50

/** How many messages of what is under way are watched, and how many make a round; fewer where a round takes long. */
const marksPerRound = 8
const samplesPerRound = 6
const fewSamples = 3

/** Doubled each round, so that ten times the rate is found within four. */
const slowGrowth = 1 / 4

/** What losses hold up has to be under way as well. */
const lossRoundTrips = 2.5
const rateLifetimeMs = 3000

/** A queue beyond two round trips and this is no jitter. */
const alarmMs = 50

/** Little enough to empty any queue within a round, enough to keep the path busy meanwhile. */
const probeShare = 3 / 4

/** How often the shortest round trip is taken anew, since paths change; it costs less than 1 % of the rate. */
const probeEveryMs = 10_000
