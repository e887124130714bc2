import { maxTimerMs } from '@ls/foundation'
import { type FakeClock, type MemoryTransport, memoryTransportPair } from '@ls/testkit'
import { FramePool } from '../src/frames.js'
import { type Channel, type MemoryBudget, Session, type SessionOptions } from '../src/index.js'

/** Two sessions and the transports between them. */
export class SimulatedHop {
  readonly left: Session
  readonly right: Session
  onConnect: (channel: Channel) => void = (channel) => channel.reject('forbidden: no')
  /** Whether it was cut without `resume`, which ends all its channels. */
  wasCut = false
  readonly #closes = { left: 0, right: 0 }
  readonly #clock: FakeClock
  readonly #latencyMs: number
  readonly #resumes: boolean
  readonly #hasUrgent: boolean
  #transport: MemoryTransport
  #urgent: MemoryTransport | undefined

  constructor(clock: FakeClock, options: HopOptions, latencyMs: number) {
    this.#clock = clock
    this.#latencyMs = latencyMs
    this.#resumes = options.left.extensions?.includes('resume') ?? false
    this.#hasUrgent = options.left.extensions?.includes('urgent') ?? false
    const connect = (channel: Channel): void => this.onConnect(channel)
    // Small frames and one pool for both ends, so that memory returned too early shows as wrong data.
    const framePool = new FramePool({ frameBytes: 4096 + 24 })
    this.left = new Session({ ...options.left, framePool }, { onConnect: connect, onClose: () => this.#closes.left++ })
    this.right = new Session(
      { ...options.right, framePool },
      { onConnect: connect, onClose: () => this.#closes.right++ },
    )
    const [left, right] = memoryTransportPair({ clock, latencyMs })
    this.#transport = left
    this.left.attach(left)
    this.right.attach(right)
    if (this.#hasUrgent) this.#openUrgent(0)
  }

  /** Cuts a transport. Where a cut ends all channels it is rare: one in ten. Of two transports one is cut, or both. */
  cut(dice: number): void {
    if (!this.#resumes && dice < 18) return
    if (!this.#resumes) this.wasCut = true
    if (dice % 3 !== 1) this.#urgent?.cut()
    if (!this.#hasUrgent || dice % 3 !== 0) this.#transport.cut()
  }

  /** Attaches a new transport; one for urgent messages follows it, or comes alone. */
  reconnect(dice = 0): void {
    if (!this.#resumes || this.left.state === 'closed') return
    const isWhole = this.left.linked && this.right.linked
    if (!this.#hasUrgent || !isWhole || dice % 3 === 0) this.#openMain()
    if (this.#hasUrgent && dice % 3 !== 2) this.#openUrgent(dice)
  }

  #openMain(): void {
    const [left, right] = memoryTransportPair({ clock: this.#clock, latencyMs: this.#latencyMs })
    this.#transport = left
    this.left.detach()
    this.right.detach()
    const leftReceived = this.left.receivedSequence
    const attached = this.left.attach(left, this.right.receivedSequence) && this.right.attach(right, leftReceived)
    if (!attached) throw new Error('the session could not be resumed')
  }

  /** Opens a transport for urgent messages, faster or slower than the main one. */
  #openUrgent(dice: number): void {
    const latencyMs = this.#latencyMs > 0 && dice % 2 === 0 ? 0 : this.#latencyMs + 20
    const [left, right] = memoryTransportPair({ clock: this.#clock, latencyMs })
    this.#urgent = left
    if (!this.left.attachUrgent(left) || !this.right.attachUrgent(right)) throw new Error('no urgent transport')
  }

  assertChannels(limit: number): void {
    for (const { channelCount } of [this.left, this.right]) {
      if (channelCount > limit) throw new Error(`${channelCount} channels are left in a table, ${limit} may be`)
    }
  }

  assertIdle(): void {
    for (const session of [this.left, this.right]) {
      if (session.channelCount > 0) throw new Error(`${session.channelCount} channels are left in a table`)
      if (session.replayBytes > 0) throw new Error(`${session.replayBytes} bytes are left unacknowledged`)
      assertUnused(session.options.budget)
    }
  }

  assertClosed(): void {
    const { left, right } = this.#closes
    if (left !== 1 || right !== 1) throw new Error(`onClose of the sessions ran ${left} and ${right} times`)
  }
}

function assertUnused({ usedBytes, reservedBytes }: MemoryBudget): void {
  if (usedBytes !== 0 || reservedBytes !== 0) throw new Error(`budget: ${usedBytes} used, ${reservedBytes} reserved`)
}

/** Longer than any run takes before all channels are released. */
export const lingerMs = 10_000_000

/** Deadlines that never pass: a channel that ends here ends because of a fault. Deadlines have tests of their own. */
const patient: SessionOptions = {
  lingerMs,
  stuckTimeoutMs: maxTimerMs,
  idleLimitMs: maxTimerMs,
  graceMs: maxTimerMs,
}

/** Limits that normal sizes reach. */
const tightLimits: SessionOptions = {
  budgetBytes: 150_000,
  maxWindowBytes: 100_000,
  queueBytes: 60_000,
  queueMessages: 20,
  sendQueueBytes: 10_000,
  quantumBytes: 4096,
  replayLimitBytes: 100_000,
}

/** The defaults, or limits that normal sizes reach with windows that are the same or differ from hop to hop. */
export type Limits = 'default' | 'tight' | 'uneven' | 'roomy'

export interface HopOptions {
  readonly left: SessionOptions
  readonly right: SessionOptions
}

/** Returns the session options of the ends of hop number `hop`. */
export function optionsOf(given: SessionOptions, limits: Limits, hop: number): HopOptions {
  const { left, right } = windowsOf(limits, hop)
  const options = { ...patient, ...(limits === 'default' ? {} : tightLimits), ...given }
  // Deployed peers send messages larger than any first window here.
  const large = given.extensions?.length === 0 && limits === 'uneven' ? { quantumBytes: 100_000 } : {}
  return {
    left: { ...options, ...large, windowBytes: left, peerWindowBytes: right },
    right: { ...options, windowBytes: right, peerWindowBytes: left },
  }
}

/** Returns the first credits that the two ends of a hop grant: `left` is the one that the left session grants. */
function windowsOf(limits: Limits, hop: number): { left: number; right: number } {
  if (limits === 'default') return { left: 262_144, right: 262_144 }
  if (limits === 'tight') return { left: 20_000, right: 20_000 }
  // Credit passes through the forwarder, whose own windows are far smaller than those of the ends.
  if (limits === 'roomy') return hop === 0 ? { left: 60_000, right: 10_000 } : { left: 10_000, right: 45_000 }
  return hop === 0 ? { left: 9000, right: 30_000 } : { left: 50_000, right: 12_345 }
}
