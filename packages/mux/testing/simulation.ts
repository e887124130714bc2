import type { Extension } from '@ls/codec'
import { FakeClock, type MemoryTransport, memoryTransportPair, seededBytes } from '@ls/testkit'
import fc from 'fast-check'
import {
  type Channel,
  type ChannelCloseReason,
  type ChannelHandler,
  forward,
  type MemoryBudget,
  Session,
  type SessionOptions,
} from '../src/index.js'

/** One thing that happens; `at` picks a channel, and does nothing while there is none. */
export type Step =
  | { readonly kind: 'open'; readonly early: boolean; readonly accept: boolean; readonly habit: Habit }
  | { readonly kind: 'send' | 'stream'; readonly at: number; readonly side: Side; readonly bytes: number }
  | { readonly kind: Act; readonly at: number; readonly side: Side }
  | { readonly kind: 'cut' | 'reconnect'; readonly hop: number }
  | { readonly kind: 'advance'; readonly ms: number }

type Side = 'near' | 'far'
type Act = 'pause' | 'resume' | 'hoard' | 'consume' | 'end' | 'disconnect' | 'abort' | 'accept'

/** What an end does from inside its callbacks. */
type Habit = 'none' | 'echo' | 'pauses' | 'flutters' | 'endsOnEnd'

/** Extensions of each hop: one hop is two sessions, two hops have a forwarder between them. */
export type Hops = readonly (readonly Extension[])[]

const index = fc.nat({ max: 7 })
const side = fc.constantFrom<Side>('near', 'far')
const bytes = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 300 }) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 40_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 40_000, max: 204_800 }) },
)
const quiet = fc.constantFrom<Act>('pause', 'resume', 'resume', 'hoard', 'consume', 'consume', 'accept')
const final = fc.constantFrom<Act>('end', 'end', 'end', 'disconnect', 'abort')

/** Random interleavings of everything that can happen. */
export function steps(maxLength: number): fc.Arbitrary<Step[]> {
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('open' as const),
        early: fc.boolean(),
        accept: fc.boolean(),
        habit: fc.constantFrom<Habit>('none', 'none', 'echo', 'pauses', 'flutters', 'endsOnEnd'),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constantFrom('send' as const, 'stream' as const), at: index, side, bytes }),
    },
    { weight: 5, arbitrary: fc.record({ kind: quiet, at: index, side }) },
    { weight: 2, arbitrary: fc.record({ kind: final, at: index, side }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('cut' as const, 'reconnect' as const), hop: fc.nat(19) }) },
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.constantFrom(0, 1, 9, 40, 300) }) },
  )
  return fc.array(step, { minLength: 1, maxLength, size: 'max' })
}

/** Longer than any run takes before everything is let go. */
const lingerMs = 10_000_000

/** Deadlines that do not pass: what dies here dies of a fault. They have tests of their own. */
const patient: SessionOptions = {
  lingerMs,
  stuckDeadlineMs: 1e12,
  idleLimitMs: 1e12,
  graceMs: 1e12,
}

/** Limits that everyday sizes reach. */
const tightLimits: SessionOptions = {
  budgetBytes: 150_000,
  maxWindowBytes: 100_000,
  queueBytes: 60_000,
  queueMessages: 20,
  sendQueueBytes: 10_000,
  quantumBytes: 4096,
  replayLimitBytes: 100_000,
}

/** The defaults, or limits that everyday sizes reach with windows that are the same or differ from hop to hop. */
export type Limits = 'default' | 'tight' | 'uneven' | 'roomy'

/** First credits that the two ends of a hop grant: `left` is what the left session grants. */
function windowsOf(limits: Limits, hop: number): { left: number; right: number } {
  if (limits === 'default') return { left: 262_144, right: 262_144 }
  if (limits === 'tight') return { left: 20_000, right: 20_000 }
  // Credit passes the forwarder, whose own windows are far smaller than those of the ends.
  if (limits === 'roomy') return hop === 0 ? { left: 60_000, right: 10_000 } : { left: 10_000, right: 45_000 }
  return hop === 0 ? { left: 9000, right: 30_000 } : { left: 50_000, right: 12_345 }
}

/** Longer than anything that is under way needs to arrive, cuts and slow acknowledgements included. */
const settleMs = 30_000

/** Runs steps on real sessions beside a model of what must arrive, and throws where the two differ. */
export class Simulation {
  readonly #clock = new FakeClock()
  readonly #hops: Hop[]
  readonly #flows: Flow[] = []
  /** Whether an end of one direction leaves the other open all the way. */
  readonly #halfClose: boolean
  #forwarding = 0
  readonly #waiting = new Map<string, Flow>()

  constructor(hops: Hops, limits: Limits, latencyMs: number) {
    this.#halfClose = hops.every((extensions) => extensions.includes('fin'))
    this.#hops = hops.map((extensions, hop) => {
      const { left, right } = windowsOf(limits, hop)
      const options = { ...patient, ...(limits === 'default' ? {} : tightLimits), clock: this.#clock, extensions }
      // Deployed peers send messages larger than any first window here.
      const leftQuantum = extensions.length === 0 && limits === 'uneven' ? { quantumBytes: 100_000 } : {}
      return new Hop(
        this.#clock,
        { ...options, ...leftQuantum, windowBytes: left, peerWindowBytes: right },
        { ...options, windowBytes: right, peerWindowBytes: left },
        latencyMs,
      )
    })
    const first = this.#hops.at(0)
    const last = this.#hops.at(-1)
    if (first === undefined || last === undefined) throw new RangeError('no hops')
    last.onConnect = (channel) => this.#connected(channel)
    if (first !== last) {
      first.onConnect = (channel) => this.#forward(channel, first.right, last.left)
    }
  }

  static run(hops: Hops, limits: Limits, latencyMs: number, list: readonly Step[]): void {
    const simulation = new Simulation(hops, limits, latencyMs)
    for (const step of list) simulation.#perform(step)
    simulation.#finish()
  }

  #perform(step: Step): void {
    switch (step.kind) {
      case 'open':
        return this.#open(step.early, step.accept, step.habit)
      case 'send':
      case 'stream':
        return void this.#flowAt(step.at)?.[step.side][step.kind](step.bytes)
      case 'cut':
      case 'reconnect':
        return this.#hops[step.hop % this.#hops.length]?.[step.kind](step.hop)
      case 'advance':
        return this.#clock.advance(step.ms)
      default:
        return this.#flowAt(step.at)?.[step.side].act(step.kind)
    }
  }

  #flowAt(at: number): Flow | undefined {
    return this.#flows[at % this.#flows.length]
  }

  #open(early: boolean, accept: boolean, habit: Habit): void {
    const first = this.#hops[0]
    if (first === undefined || first.left.state === 'closed' || this.#flows.length === 8) return
    const number = this.#flows.length
    const flow = new Flow(number, habit)
    this.#flows.push(flow)
    const address = { host: `${accept ? 'auto' : 'manual'}-${number}.test`, port: 1 }
    const channel = first.left.open({ protocol: 'tcp', address, earlyData: early, answerDeadlineMs: 1e12 })
    flow.near.join(channel)
    this.#waiting.set(address.host, flow)
    channel.resume()
  }

  /** At once, or later with what has arrived by then. */
  #forward(channel: Channel, from: Session, to: Session): void {
    const isForwarded = (): boolean => forward(channel, from, to, () => this.#forwarding--) !== undefined
    const pass = (): void => {
      this.#forwarding++
      if (!isForwarded()) this.#forwarding--
    }
    if (channel.address?.host.startsWith('auto')) pass()
    else this.#clock.setTimeout(pass, 25)
  }

  #connected(channel: Channel): void {
    const host = channel.address?.host ?? ''
    const flow = this.#waiting.get(host)
    if (flow === undefined) throw new Error(`a channel to ${host} came that nobody opened, or came twice`)
    this.#waiting.delete(host)
    flow.far.join(channel)
    if (host.startsWith('auto')) flow.far.act('accept')
  }

  /** Everything gets a chance to arrive; then nothing may be missing, and nothing may be left over. */
  #finish(): void {
    for (const hop of this.#hops) hop.reconnect()
    // A Connect may wait behind a channel that waits for its own.
    for (let round = 0; round <= this.#flows.length; round++) {
      for (const flow of this.#flows) flow.open()
      this.#clock.advance(settleMs)
    }
    for (const flow of this.#flows) flow.assertComplete(this.#halfClose, this.#anyClosed)
    for (const flow of this.#flows) flow.end()
    this.#clock.advance(settleMs)
    for (const flow of this.#flows) if (!flow.mayDeadlock) flow.assertClosed()
    const deadlocks = this.#flows.filter((flow) => flow.mayDeadlock).length
    for (const hop of this.#hops) hop.assertChannels(deadlocks)
    // Where both ends are disconnected and wait for credit, which neither grants any more, only the linger helps.
    this.#clock.advance(2 * lingerMs + settleMs)
    for (const flow of this.#flows) flow.assertClosed()
    for (const hop of this.#hops) hop.assertIdle()
    if (this.#forwarding !== 0) throw new Error(`onClose of forwarded channels: ${this.#forwarding} missing`)
    for (const hop of this.#hops) hop.left.close('done')
    this.#clock.advance(settleMs)
    if (this.#clock.pendingTimers > 0) throw new Error(`${this.#clock.pendingTimers} timers are left`)
    for (const hop of this.#hops) hop.assertClosed()
  }

  get #anyClosed(): boolean {
    return this.#hops.some((hop) => hop.wasCut)
  }
}

/** Two sessions and what carries them. */
class Hop {
  readonly left: Session
  readonly right: Session
  onConnect: (channel: Channel) => void = (channel) => channel.reject('forbidden: no')
  /** Cut without `resume`, which ends everything on it. */
  wasCut = false
  readonly #closes = { left: 0, right: 0 }
  readonly #clock: FakeClock
  readonly #latencyMs: number
  readonly #resumes: boolean
  #transport: MemoryTransport

  constructor(clock: FakeClock, leftOptions: SessionOptions, rightOptions: SessionOptions, latencyMs: number) {
    this.#clock = clock
    this.#latencyMs = latencyMs
    this.#resumes = leftOptions.extensions?.includes('resume') ?? false
    const connect = (channel: Channel): void => this.onConnect(channel)
    this.left = new Session(leftOptions, { onConnect: connect, onClose: () => this.#closes.left++ })
    this.right = new Session(rightOptions, { onConnect: connect, onClose: () => this.#closes.right++ })
    const [left, right] = memoryTransportPair({ clock, latencyMs })
    this.#transport = left
    this.left.attach(left)
    this.right.attach(right)
  }

  /** Where a cut is the end of everything it is rare: one in ten. */
  cut(dice: number): void {
    if (!this.#resumes && dice < 18) return
    if (!this.#resumes) this.wasCut = true
    this.#transport.cut()
  }

  reconnect(): void {
    if (!this.#resumes || this.left.state === 'closed') return
    const [left, right] = memoryTransportPair({ clock: this.#clock, latencyMs: this.#latencyMs })
    this.#transport = left
    this.left.detach()
    this.right.detach()
    const leftReceived = this.left.receivedSequence
    const attached = this.left.attach(left, this.right.receivedSequence) && this.right.attach(right, leftReceived)
    if (!attached) throw new Error('the session could not be resumed')
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

/** A channel under test, with the end that opened it and the end that was asked. */
class Flow {
  readonly near: End
  readonly far: End

  constructor(number: number, habit: Habit) {
    this.near = new End(`near ${number}`, number * 7, 'none')
    this.far = new End(`far ${number}`, number * 7 + 3, habit)
    this.near.other = this.far
    this.far.other = this.near
  }

  /** Both ends are disconnected, neither grants credit any more, and so neither Disconnect may leave. */
  get mayDeadlock(): boolean {
    return this.near.isDeaf && this.far.isDeaf
  }

  open(): void {
    this.far.act('accept')
    for (const end of [this.near, this.far]) {
      end.calm()
      end.act('consume')
      end.act('resume')
    }
  }

  end(): void {
    this.near.act('end')
    this.far.act('end')
  }

  assertComplete(halfClose: boolean, lossy: boolean): void {
    if (lossy) return
    this.near.assertComplete(halfClose)
    this.far.assertComplete(halfClose)
  }

  assertClosed(): void {
    this.near.assertClosed()
    this.far.assertClosed()
  }
}

const patternBytes = 1_000_003
const pattern = seededBytes(1).take(patternBytes + 400_000)

/** One end of a channel: sends a known stream, and checks what arrives against what the other end sent. */
class End implements ChannelHandler {
  other!: End
  readonly #name: string
  readonly #offset: number
  #habit: Habit
  #channel: Channel | undefined
  #sentBytes = 0
  #receivedBytes = 0
  #unconsumedBytes = 0
  #hoards = false
  #paused = false
  /** The last send returned false. */
  #full = false
  /** Bytes of streams that wait for room. */
  #backlogBytes = 0
  #accepted = false
  #ended = false
  /** Ended in a way that says: whatever still arrives, I do not want it. */
  #deaf = false
  #aborted = false
  #ends = 0
  #closes: ChannelCloseReason[] = []
  #fluttering = false

  constructor(name: string, offset: number, habit: Habit) {
    this.#name = name
    this.#offset = offset
    this.#habit = habit
  }

  join(channel: Channel): void {
    this.#channel = channel
    channel.setHandler(this)
  }

  /** False when the channel takes nothing any more. */
  send(bytes: number): boolean {
    const channel = this.#channel
    if (channel === undefined || this.#ended || this.#closes.length > 0) return false
    if (!channel.initiator && !this.#accepted) return false
    if (channel.state === 'closed' || channel.state === 'draining') return false
    const start = (this.#offset + this.#sentBytes) % patternBytes
    const before = channel.sentBytes
    // Counted first: what is sent may come back before send returns.
    this.#sentBytes += bytes
    this.#full = !channel.send(pattern.subarray(start, start + bytes))
    if (channel.sentBytes - before !== bytes) throw this.#fault(`${bytes} bytes were not taken`)
    return true
  }

  get isDeaf(): boolean {
    return this.#deaf
  }

  /** Sends as a socket does: stops when the channel is full, goes on when it has drained. */
  stream(bytes: number): void {
    const idle = this.#backlogBytes === 0
    this.#backlogBytes += bytes
    if (idle) this.#pour()
  }

  onDrain(): void {
    if (!this.#full) throw this.#fault('onDrain after a send that returned true')
    this.#full = false
    this.#pour()
  }

  #pour(): void {
    while (this.#backlogBytes > 0 && !this.#full) {
      const bytes = Math.min(5000, this.#backlogBytes)
      // Not taken: the channel is not open, or open no more.
      if (this.send(bytes)) this.#backlogBytes -= bytes
      else this.#backlogBytes = 0
    }
  }

  calm(): void {
    this.#habit = 'none'
  }

  act(act: Act): void {
    const channel = this.#channel
    if (channel === undefined) return
    switch (act) {
      case 'accept':
        if (channel.initiator || this.#accepted) return
        this.#accepted = true
        channel.accept()
        return this.act('resume')
      case 'pause':
        this.#paused = true
        return channel.pause()
      case 'resume':
        this.#paused = false
        return channel.resume()
      case 'hoard':
        this.#hoards = true
        return
      case 'consume':
        this.#hoards = false
        return this.#consume(0)
      case 'end':
        this.#stop()
        return channel.end()
      case 'disconnect':
        this.#stop()
        this.#deaf ||= this.#closes.length === 0
        return channel.disconnect('done')
      case 'abort':
        this.#stop()
        this.#deaf ||= this.#closes.length === 0
        this.#aborted ||= this.#closes.length === 0
        return channel.abort('failed: on purpose')
    }
  }

  onData(payload: Uint8Array): void {
    if (this.#closes.length > 0) throw this.#fault('data after onClose')
    if (this.#ends > 0) throw this.#fault('data after onEnd')
    if (this.#paused) throw this.#fault('data while paused')
    const start = (this.other.#offset + this.#receivedBytes) % patternBytes
    if (!pattern.subarray(start, start + payload.length).equals(payload)) {
      throw this.#fault(`${payload.length} wrong bytes at ${this.#receivedBytes}`)
    }
    this.#receivedBytes += payload.length
    if (this.#receivedBytes > this.other.#sentBytes) throw this.#fault('more bytes than were sent')
    this.#consume(payload.length)
    this.#misbehave(payload.length)
  }

  onEnd(): void {
    if (this.#paused) throw this.#fault('onEnd while paused')
    if (++this.#ends > 1) throw this.#fault('onEnd twice')
    if (this.#receivedBytes !== this.other.#sentBytes) throw this.#fault('onEnd before all bytes')
    if (this.#habit === 'endsOnEnd') this.act('end')
  }

  onClose(reason: ChannelCloseReason): void {
    this.#closes.push(reason)
  }

  assertComplete(halfClose: boolean): void {
    if (faults.length > 0) throw faults.splice(0)[0] ?? new Error('fault')
    const { other } = this
    if (other.#aborted || this.#deaf || (this.#ended && !halfClose)) return
    if (this.#channel === undefined && other.#sentBytes > 0) throw new Error(`${this.#name} never came to be`)
    if (other.#backlogBytes > 0) throw new Error(`${other.#name}: ${other.#backlogBytes} bytes still wait for room`)
    if (this.#receivedBytes === other.#sentBytes) return
    const reason = JSON.stringify(this.#closes)
    const text = `${this.#name} has ${this.#receivedBytes} of ${other.#sentBytes} bytes, state ${this.#channel?.state}`
    throw new Error(`${text}, closes ${reason}, other ${other.#channel?.state} ${JSON.stringify(other.#closes)}`)
  }

  assertClosed(): void {
    if (faults.length > 0) throw faults.splice(0)[0] ?? new Error('fault')
    if (this.#channel === undefined || this.#closes.length === 1) return
    throw new Error(`${this.#name}: onClose ran ${this.#closes.length} times, state ${this.#channel.state}`)
  }

  #stop(): void {
    this.#ended = true
    this.#backlogBytes = 0
  }

  #consume(bytes: number): void {
    this.#unconsumedBytes += bytes
    if (this.#hoards) return
    const total = this.#unconsumedBytes
    this.#unconsumedBytes = 0
    this.#channel?.consumed(total)
  }

  #misbehave(bytes: number): void {
    if (this.#habit === 'pauses') return this.act('pause')
    if (this.#habit === 'echo') return void this.send(bytes)
    if (this.#habit !== 'flutters' || this.#fluttering) return
    this.#fluttering = true
    this.#channel?.pause()
    this.#channel?.resume()
    this.#fluttering = false
  }

  /** Thrown into a session it would only abort the channel, so it is kept as well. */
  #fault(text: string): Error {
    const error = new Error(`${this.#name}: ${text}`)
    faults.push(error)
    return error
  }
}

const faults: Error[] = []
