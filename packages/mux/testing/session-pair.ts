import type { Extension } from '@ls/codec'
import { FakeClock, type MemoryTransport, memoryTransportPair, type MemoryTransportOptions } from '@ls/testkit'
import {
  type Channel,
  type ChannelCloseReason,
  type ChannelHandler,
  Session,
  type SessionOptions,
} from '../src/index.js'

export const base: readonly Extension[] = []
export const windowed: readonly Extension[] = ['window']
export const halfClosing: readonly Extension[] = ['window', 'fin']
export const resumable: readonly Extension[] = ['window', 'fin', 'resume']
export const urgent: readonly Extension[] = ['window', 'fin', 'resume', 'ack2', 'urgent']

export interface SessionPairOptions extends SessionOptions {
  readonly clock?: FakeClock
  readonly transport?: MemoryTransportOptions
  /** Options of the second session that differ. */
  readonly right?: SessionOptions
  /** Handler of the second session for a channel. @default accept and record */
  readonly onConnect?: (channel: Channel) => void
}

/** Records all calls that a channel makes to its handler. */
export class Recorder implements ChannelHandler {
  readonly chunks: Uint8Array[] = []
  readonly datagrams: Uint8Array[] = []
  readonly closes: ChannelCloseReason[] = []
  opens = 0
  ends = 0
  drains = 0
  receivedBytes = 0
  /** Whether arriving data is reported as consumed immediately. */
  consumes = true
  channel: Channel | undefined

  /** Sets itself as the handler of `channel`. */
  watch(channel: Channel): this {
    this.channel = channel
    channel.setHandler(this)
    return this
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks)
  }

  get text(): string {
    return this.bytes.toString('latin1')
  }

  onOpen(): void {
    this.opens++
  }

  onData(payload: Uint8Array): void {
    this.chunks.push(Uint8Array.from(payload))
    this.receivedBytes += payload.length
    if (this.consumes) this.channel?.consumed(payload.length)
  }

  onDatagram(payload: Uint8Array): void {
    this.datagrams.push(Uint8Array.from(payload))
  }

  onEnd(): void {
    this.ends++
  }

  onDrain(): void {
    this.drains++
  }

  onClose(reason: ChannelCloseReason): void {
    this.closes.push(reason)
  }
}

/** Two sessions over a memory transport under a fake clock. */
export class SessionPair {
  readonly clock: FakeClock
  readonly left: Session
  readonly right: Session
  /**
   * Channels that `right` received requests for, in order; each is accepted, and recorded, unless `onConnect` is given.
   */
  readonly accepted: Channel[] = []
  readonly recorders: Recorder[] = []
  readonly leftCloses: string[] = []
  readonly rightCloses: string[] = []
  leftTransport: MemoryTransport
  rightTransport: MemoryTransport
  readonly #transport: MemoryTransportOptions

  constructor(options: SessionPairOptions = {}) {
    const { transport, right, onConnect, clock = new FakeClock(), ...left } = options
    this.clock = clock
    this.#transport = { clock, ...transport }
    this.left = new Session(
      { clock, ...left },
      {
        onConnect: (channel) => channel.reject('forbidden: no'),
        onClose: (reason) => this.leftCloses.push(reason),
      },
    )
    this.right = new Session(
      { clock, ...left, ...right },
      {
        onConnect: onConnect ?? ((channel) => this.accept(channel)),
        onClose: (reason) => this.rightCloses.push(reason),
      },
    )
    ;[this.leftTransport, this.rightTransport] = memoryTransportPair(this.#transport)
    this.left.attach(this.leftTransport)
    this.right.attach(this.rightTransport)
  }

  accept(channel: Channel): Recorder {
    this.accepted.push(channel)
    const recorder = new Recorder().watch(channel)
    this.recorders.push(recorder)
    channel.accept()
    channel.resume()
    return recorder
  }

  /** A channel opened by `left`, with both its ends recorded. */
  open(): { near: Channel; far: Channel; nearRecorder: Recorder; farRecorder: Recorder } {
    const nearRecorder = new Recorder()
    const near = this.left.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } })
    nearRecorder.watch(near)
    near.resume()
    this.settle()
    const far = this.accepted.at(-1)
    const farRecorder = this.recorders.at(-1)
    if (far === undefined || farRecorder === undefined) throw new Error('the channel was not accepted')
    return { near, far, nearRecorder, farRecorder }
  }

  /** Lets all messages in transit arrive: 2 s, a few round trips of any latency used here. */
  settle(ms = 2000): void {
    this.clock.advance(ms)
  }

  cut(): void {
    this.leftTransport.cut()
    this.settle(0)
  }

  /**
   * Does what both sides do after a cut: attaches a new transport, and gives each side the number that the other
   * received.
   */
  reconnect(): void {
    ;[this.leftTransport, this.rightTransport] = memoryTransportPair(this.#transport)
    this.left.detach()
    this.right.detach()
    const leftReceived = this.left.receivedSequence
    const rightReceived = this.right.receivedSequence
    this.left.attach(this.leftTransport, rightReceived)
    this.right.attach(this.rightTransport, leftReceived)
  }
}
