import type { Clock, TimerHandle } from '@ls/foundation'
import type { CheckedTiming } from './keepalive-timing.js'
import type { PeerPings } from './peer-pings.js'
import { initialTimeoutMs } from './round-trip-timeout.js'
import type { RoundTrip } from './round-trip.js'

/** Options and callbacks of a {@link Keepalive}. */
export interface KeepaliveOptions extends CheckedTiming {
  /** Source of time and timers. */
  readonly clock: Clock
  /**
   * Sends a ping; the peer's answer to it must reach {@link Keepalive.pong} with the same `id` (1–0xffffffff, or 0
   * without {@link roundTrip}).
   */
  ping(id: number): void
  /** Measures the round trip by the answers to pings. @default it is unknown, for links without such answers */
  readonly roundTrip?: RoundTrip | undefined
  /**
   * Lets pings of the peer, reported to {@link Keepalive.peerPinged}, replace our own while no other data passes.
   * @default they do not
   */
  readonly peerPings?: PeerPings | undefined
  /** Called once when the peer has been silent for `silentMs`; the keepalive has stopped by then. */
  dead(silentMs: number): void
}

/** Timing of {@link Keepalive.hasten}: mobile radios stay on for 5 s in any case; below 3 s busy machines look dead. */
const hastyPeriodMs = 5000
const hastyAnswerMs = 3000
const hastyTimeouts = 4

/** Checks per deadline; noting received bytes between checks costs one assignment. */
const checksPerDeadline = 8

/** Time since its last bytes in which a peer needs no probe, in milliseconds. */
const provenMs = 1000

/** Time after which a missing answer is overdue, in milliseconds, unless the path is slower. */
const overdueMs = 1000

/** Time for a peer to answer a ping after our own process was suspended or blocked, in milliseconds. */
const usualGraceMs = 5000

/**
 * Decides when to ping a peer and when it is dead; does no I/O.
 *
 * A dead peer is noticed between `timeoutMs` and `timeoutMs` × 9/8 after its last byte. Timers that fire far too late
 * mean that our own process was suspended: the peer is then pinged and gets up to 5 s before silence counts.
 *
 * @example
 * ```ts
 * const keepalive = new Keepalive({
 *   ...checkKeepaliveTiming({ periodMs: 20_000 }),
 *   clock: systemClock,
 *   ping: (id) => socket.ping(id),
 *   dead: (silentMs) => socket.destroy(`silent for ${silentMs} ms`),
 * })
 * keepalive.start()
 * ```
 */
export class Keepalive {
  readonly #options: KeepaliveOptions
  #periodMs: number
  #timeoutMs: number
  #state: 'idle' | 'running' | 'stopped' = 'idle'
  #paused = false
  #hasty = false
  /** Whether silence counts from the ping that waits for its answer. */
  #isProbed = false
  /** Whether data arrived since the last check. */
  #heard = false
  /** Whether there is no check before the next ping, unless data arrives. */
  #resting = false
  #heardAtMs = 0
  #pingDueMs = 0
  /** Time when the oldest ping that may still be unanswered was sent. */
  #pingedAtMs = 0
  #checkDueMs = 0
  #timer: TimerHandle

  constructor(options: KeepaliveOptions) {
    this.#options = options
    this.#periodMs = options.periodMs
    this.#timeoutMs = options.timeoutMs
  }

  /** Smoothed round trip (RFC 6298 §2) in milliseconds, or undefined before the first answer. */
  get roundTripMs(): number | undefined {
    return this.#options.roundTrip?.smoothedMs
  }

  /** Mean deviation of the round trip (RFC 6298's RTTVAR) in milliseconds. */
  get roundTripVariationMs(): number | undefined {
    return this.#options.roundTrip?.variationMs
  }

  /** Shortest measured round trip, in milliseconds: the path without queues. */
  get minRoundTripMs(): number | undefined {
    return this.#options.roundTrip?.minMs
  }

  /** Silence in milliseconds after which the peer counts as dead. */
  get timeoutMs(): number {
    return this.#timeoutMs
  }

  /** Time since the peer's last bytes, in milliseconds, too short by up to one check; 0 while reading has stopped. */
  get silentMs(): number {
    if (this.#state === 'idle' || this.#heard || this.#paused) return 0
    return Math.max(0, this.#options.clock.now() - this.#heardAtMs)
  }

  /** Whether nothing has arrived since a ping that should be answered by now: a sign of trouble, no proof. */
  get overdue(): boolean {
    if (this.#state !== 'running' || this.#paused || this.#heard || this.#heardAtMs > this.#pingedAtMs) return false
    return this.#options.clock.now() - this.#pingedAtMs > Math.max(overdueMs, this.#answerMs)
  }

  /**
   * Sends a ping immediately, which also measures the first round trip, then one each period. A second call does
   * nothing.
   */
  start(): void {
    if (this.#state !== 'idle') return
    this.#state = 'running'
    const now = this.#options.clock.now()
    this.#heardAtMs = now
    this.#ping(now)
    this.#arm(now)
  }

  /** Called when the peer has sent data. */
  received(): void {
    this.#heard = true
    if (this.#resting) this.#arm(this.#options.clock.now())
  }

  /** Called when the peer has sent a ping, which is answered. */
  peerPinged(): void {
    this.received()
    this.#options.peerPings?.pinged(this.#options.clock.now())
  }

  /** Called when the peer has answered the ping `id`; other ids show that it is alive but give no measurement. */
  pong(id: number): void {
    this.received()
    const ms = this.#options.roundTrip?.finish(id, this.#options.clock.now())
    if (ms !== undefined) this.#options.onRoundTrip?.(ms)
    if (this.#hasty) this.#followRoundTrip()
  }

  /** Stops counting silence, because reading has stopped; pings continue, since the peer needs them. */
  pause(): void {
    this.#paused = true
  }

  /** Counts silence from now on, since reading continues. */
  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.received()
    this.#options.roundTrip?.discard()
  }

  /**
   * Shortens period and deadline: pings every 5 s, the first immediately, and declares the peer dead when a ping stays
   * unanswered for 4 retransmission timeouts of the measured path (RFC 6298 §2), at least 3 s. It is for links that can
   * be resumed: a false alarm costs one dial, a late one delays the users. Never slower than the given timing.
   */
  hasten(): void {
    this.#hasty = true
    // Windows grow by the round trip, so it should be measured before the first transfer needs it.
    this.#pingDueMs = this.#options.clock.now()
    this.#followRoundTrip()
  }

  /**
   * Called when a user is about to wait for a peer that may be gone. One that was silent for a second is pinged
   * immediately, unless a ping waits for its answer; after {@link hasten} its deadline begins with that ping.
   */
  probe(): void {
    const now = this.#options.clock.now()
    // After a suspension of our own process the next check pings, and forgives the silence.
    const wasAway = now - this.#checkDueMs > this.#checkMs()
    if (this.#state !== 'running' || wasAway || this.silentMs < provenMs) return
    if (this.#heardAtMs > this.#pingedAtMs) this.#ping(now)
    this.#isProbed = this.#hasty
    this.#arm(now, true)
  }

  /** Stops the keepalive; safe to call at any time, also from `ping` and `dead`. */
  stop(): void {
    this.#state = 'stopped'
    this.#options.clock.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Time after which an answer is overdue, in milliseconds. */
  get #answerMs(): number {
    return this.#options.roundTrip?.timeoutMs ?? initialTimeoutMs
  }

  /** Time for an answer after {@link hasten}, in milliseconds. */
  get #hastyAnswerMs(): number {
    return Math.max(hastyAnswerMs, hastyTimeouts * this.#answerMs)
  }

  /** Time at which the peer counts as dead, if it stays silent. */
  get #deadAtMs(): number {
    const deadAtMs = this.#heardAtMs + this.#timeoutMs
    return this.#isProbed ? Math.min(deadAtMs, this.#pingedAtMs + this.#hastyAnswerMs) : deadAtMs
  }

  #followRoundTrip(): void {
    const { periodMs, timeoutMs } = this.#options
    this.#periodMs = Math.min(periodMs, hastyPeriodMs)
    this.#timeoutMs = Math.min(timeoutMs, this.#periodMs + this.#hastyAnswerMs)
    const now = this.#options.clock.now()
    this.#pingDueMs = Math.min(this.#pingDueMs, now + this.#periodMs)
    this.#arm(now)
  }

  #check(): void {
    const now = this.#options.clock.now()
    this.#timer = undefined
    const isSilent = !this.#heard && !this.#paused
    if (!isSilent) this.#heardAtMs = now
    this.#heard = false

    const wasAway = now - this.#checkDueMs > this.#checkMs()
    if (wasAway || !isSilent) this.#isProbed = false
    if (wasAway) this.#forgiveSilence(now)
    if (now >= this.#deadAtMs) {
      this.stop()
      this.#options.dead(Math.round(now - this.#heardAtMs))
      return
    }
    if (wasAway) this.#ping(now)
    else if (now >= this.#pingDueMs) this.#pingUnlessPinged(now)
    this.#arm(now, isSilent)
  }

  #pingUnlessPinged(now: number): void {
    const servedUntilMs = this.#options.peerPings?.serveUntilMs(this.#periodMs) ?? 0
    if (servedUntilMs > now) this.#pingDueMs = servedUntilMs
    else this.#ping(now)
  }

  /**
   * Restarts the count of silence after our own process was suspended: the peer's bytes may still wait in one of our
   * buffers.
   */
  #forgiveSilence(now: number): void {
    const graceMs = Math.min(usualGraceMs, this.#timeoutMs)
    this.#heardAtMs = Math.max(this.#heardAtMs, now + graceMs - this.#timeoutMs)
    this.#options.roundTrip?.discard()
  }

  #ping(now: number): void {
    this.#pingDueMs = now + this.#periodMs
    // This is the first ping since the last arrival.
    if (this.#heardAtMs > this.#pingedAtMs) this.#pingedAtMs = now
    this.#options.ping(this.#options.roundTrip?.begin(now) ?? 0)
  }

  /**
   * @param isSilent No data has arrived lately: arriving data sets the timer again, and no check is needed until
   *   then.
   */
  #arm(now: number, isSilent = false): void {
    if (this.#state !== 'running') return
    const { clock } = this.#options
    clock.clearTimeout(this.#timer)
    this.#resting = isSilent
    const noteAtMs = isSilent ? Number.POSITIVE_INFINITY : now + this.#checkMs()
    this.#checkDueMs = Math.max(now, Math.min(this.#pingDueMs, noteAtMs, this.#deadAtMs))
    this.#timer = clock.setTimeout(() => this.#check(), this.#checkDueMs - now)
  }

  #checkMs(): number {
    return this.#timeoutMs / checksPerDeadline
  }
}
