import type { Extension } from '@ls/codec'
import { FakeClock } from '@ls/testkit'
import { type Channel, forward, type Session } from '../src/index.js'
import { SimulatedEnd } from './simulated-end.js'
import { type Limits, lingerMs, optionsOf, SimulatedHop } from './simulated-hop.js'
import type { Habit, Step } from './steps.js'

/** Extensions of each hop: one hop is two sessions, two hops have a forwarder between them. */
export type Hops = readonly (readonly Extension[])[]

/** Runs steps on real sessions beside a model of what must arrive, and throws where the two differ. */
export class Simulation {
  readonly #clock = new FakeClock()
  readonly #hops: SimulatedHop[]
  readonly #flows: Flow[] = []
  /** Whether an end of one direction leaves the other open on all hops. */
  readonly #halfClose: boolean
  #forwarding = 0
  readonly #waiting = new Map<string, Flow>()

  constructor(hops: Hops, limits: Limits, latencyMs: number) {
    this.#halfClose = hops.every((extensions) => extensions.includes('fin'))
    this.#hops = hops.map((extensions, hop) => {
      return new SimulatedHop(this.#clock, optionsOf({ clock: this.#clock, extensions }, limits, hop), latencyMs)
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
        return this.#open(step)
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

  #open({ early, accept, habit }: Extract<Step, { readonly kind: 'open' }>): void {
    const first = this.#hops[0]
    if (first === undefined || first.left.state === 'closed' || this.#flows.length === 8) return
    const number = this.#flows.length
    const flow = new Flow(number, habit)
    this.#flows.push(flow)
    const address = { host: `${accept ? 'auto' : 'manual'}-${number}.test`, port: 1 }
    const channel = first.left.open({ protocol: 'tcp', address, earlyData: early, answerTimeoutMs: 1e12 })
    flow.near.join(channel)
    this.#waiting.set(address.host, flow)
    channel.resume()
  }

  /** Forwards immediately, or later with the messages that have arrived by then. */
  #forward(channel: Channel, from: Session, to: Session): void {
    const onClose = (): void => void this.#forwarding--
    const isForwarded = (): boolean => forward(channel, from, to, { onClose }) !== undefined
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

  /** Gives every message time to arrive; then no byte may be missing or left over. */
  #finish(): void {
    for (const hop of this.#hops) hop.reconnect()
    // A Connect may wait behind a channel that waits for its own.
    for (let round = 0; round <= this.#flows.length; round++) {
      for (const flow of this.#flows) flow.open()
      this.#clock.advance(settleMs)
    }
    for (const flow of this.#flows) if (!this.#anyClosed) flow.assertComplete({ halfClose: this.#halfClose })
    for (const flow of this.#flows) flow.end()
    this.#clock.advance(settleMs)
    for (const flow of this.#flows) if (!flow.mayDeadlock) flow.assertClosed()
    const deadlocks = this.#flows.filter((flow) => flow.mayDeadlock).length
    for (const hop of this.#hops) hop.assertChannels(deadlocks)
    // Where both ends are disconnected and wait for credit that neither grants any more, only the linger helps.
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

/** A channel under test, with the end that opened it and the end that accepted it. */
class Flow {
  readonly near: SimulatedEnd
  readonly far: SimulatedEnd

  constructor(number: number, habit: Habit) {
    this.near = new SimulatedEnd(`near ${number}`, number * 7, 'none')
    this.far = new SimulatedEnd(`far ${number}`, number * 7 + 3, habit)
    this.near.other = this.far
    this.far.other = this.near
  }

  /** Whether both ends are disconnected, neither grants credit any more, and so neither Disconnect may leave. */
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

  assertComplete(extensions: { readonly halfClose: boolean }): void {
    this.near.assertComplete(extensions)
    this.far.assertComplete(extensions)
  }

  assertClosed(): void {
    this.near.assertClosed()
    this.far.assertClosed()
  }
}

/** Longer than any message in transit needs to arrive, cuts and slow acknowledgements included. */
const settleMs = 30_000
