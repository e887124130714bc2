import { FakeClock } from '@ls/testkit'
import { FramePool } from '../src/frames.js'
import { type Channel, type ChannelHandler, Session, type SessionOptions, SharedPath } from '../src/index.js'
import { ShapedLink } from './shaped-link.js'
import type { PathOptions } from './tcp-pipe.js'

/** Echo as an application sees it: its byte left at `atMs`. */
export interface Echo {
  readonly atMs: number
  readonly tookMs: number
}

/**
 * A user's link over a simulated path: downloads from `left` to `right` or uploads, and beside them a byte that `right`
 * sends at intervals and gets back.
 */
export class LoadedPath {
  readonly clock: FakeClock
  readonly link: ShapedLink
  readonly left: Session
  readonly right: Session
  readonly echoes: Echo[] = []
  /** Payload that has arrived on each download. */
  readonly received: number[] = []
  #path: PathOptions
  /** What the sessions of each end share. */
  readonly #paths: { readonly left: SharedPath; readonly right: SharedPath }
  #urgent: ShapedLink | undefined
  readonly #handlers: ((channel: Channel) => void)[] = []

  /** `beside`: another link of the same user over the same path. */
  constructor(path: PathOptions, options: SessionOptions, beside?: LoadedPath) {
    const { roundTripMs } = path
    this.#path = path
    this.clock = beside?.clock ?? new FakeClock()
    this.#paths = beside === undefined ? { left: new SharedPath(), right: new SharedPath() } : beside.#paths
    this.link = new ShapedLink(this.clock, path, beside?.link)
    const onConnect = (channel: Channel): void => this.#handlers.shift()?.(channel)
    const common = { ...options, clock: this.clock, framePool: new FramePool() }
    this.left = new Session({ ...common, sharedPath: this.#paths.left }, { onConnect, onClose: () => {} })
    // Number of round trips that TCP and the handshakes take.
    const onLossy = (): void => void this.clock.setTimeout(() => this.#openUrgent(), 4 * roundTripMs)
    this.right = new Session({ ...common, sharedPath: this.#paths.right }, { onConnect, onClose: () => {}, onLossy })
    this.left.attach(this.link.left)
    this.right.attach(this.link.right)
  }

  get receivedBytes(): number {
    return this.received.reduce((sum, bytes) => sum + bytes, 0)
  }

  /** Starts streams of applications that write `bytes` each `everyMs`, by default as much as they can. */
  load(direction: 'down' | 'up', streams: number, bytes?: number, everyMs?: number): void {
    if (direction === 'down') this.download(streams, bytes, everyMs)
    else this.upload(streams, bytes, everyMs)
  }

  /** Starts downloads, see {@link load}. */
  download(streams: number, bytes = 65_536, everyMs = 0): void {
    for (let count = 0; count < streams; count++) {
      const index = this.received.push(0) - 1
      this.#open(
        (channel) => {
          channel.accept()
          pour(this.clock, channel, bytes, everyMs)
        },
        (payload) => this.#count(index, payload),
      )
    }
  }

  /** Starts uploads, see {@link load}. */
  upload(streams: number, bytes = 65_536, everyMs = 0): void {
    for (let count = 0; count < streams; count++) {
      const index = this.received.push(0) - 1
      const channel = this.#open((far) => accept(far, (payload) => this.#count(index, payload)), ignore)
      pour(this.clock, channel, bytes, everyMs)
    }
  }

  /** Sends a byte there and back each `everyMs`, at the speed of a person typing. */
  echo(everyMs: number): void {
    const sentAtMs: number[] = []
    const channel = this.#open(
      (far) => accept(far, (payload) => far.send(Uint8Array.from(payload))),
      (payload) => {
        for (let count = 0; count < payload.length; count++) {
          const atMs = sentAtMs.shift() ?? 0
          this.echoes.push({ atMs, tookMs: this.clock.now() - atMs })
        }
      },
    )
    const type = (): void => {
      sentAtMs.push(this.clock.now())
      channel.send(Uint8Array.of(1))
      this.clock.setTimeout(type, everyMs)
    }
    type()
  }

  /** Lets `ms` pass; returns the rate at which payload arrived meanwhile, in bytes a millisecond. */
  run(ms: number): number {
    const before = this.receivedBytes
    this.clock.advance(ms)
    return (this.receivedBytes - before) / ms
  }

  /** Returns the times of the echoes that left between two moments, in order of length. */
  echoTimes(fromMs: number, toMs = Infinity): number[] {
    return this.echoes
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .map(({ tookMs }) => tookMs)
      .toSorted((a, b) => a - b)
  }

  /** Changes the path from now on; bytes in transit arrive as before. */
  change(path: PathOptions): void {
    this.#path = path
    this.link.change(path)
    this.#urgent?.change(path)
  }

  /** Opens the client's second connection, on the same path. */
  #openUrgent(): void {
    const seed = (this.#path.seed ?? 0) + 1000
    const link = new ShapedLink(this.clock, { ...this.#path, seed }, this.link)
    this.#urgent = link
    this.left.attachUrgent(link.left)
    this.right.attachUrgent(link.right)
  }

  #count(index: number, payload: Uint8Array): void {
    this.received[index] = (this.received[index] ?? 0) + payload.length
  }

  #open(onConnect: (channel: Channel) => unknown, onData: (payload: Uint8Array) => void): Channel {
    this.#handlers.push(onConnect)
    const channel = this.right.open({ protocol: 'tcp', address: { host: 'target.test', port: 80 } })
    channel.setHandler(new Sink(channel, onData))
    channel.resume()
    return channel
  }
}

function accept(channel: Channel, onData: (payload: Uint8Array) => void): void {
  channel.setHandler(new Sink(channel, onData))
  channel.accept()
  channel.resume()
}

function pour(clock: FakeClock, channel: Channel, bytes: number, everyMs: number): void {
  channel.setHandler(new Source(clock, channel, bytes, everyMs))
  channel.resume()
}

function ignore(): void {}

/** An application that takes all bytes immediately. */
class Sink implements ChannelHandler {
  readonly #channel: Channel
  readonly #onData: (payload: Uint8Array) => void

  constructor(channel: Channel, onData: (payload: Uint8Array) => void) {
    this.#channel = channel
    this.#onData = onData
  }

  onData(payload: Uint8Array): void {
    this.#channel.consumed(payload.length)
    this.#onData(payload)
  }

  onOpen(): void {}
  onDatagram(): void {}
  onEnd(): void {}
  onDrain(): void {}
  onClose(): void {}
}

/** An application that writes as fast as possible, or a chunk at a time. */
class Source extends Sink {
  readonly #pour: () => void

  constructor(clock: FakeClock, channel: Channel, bytes: number, everyMs: number) {
    super(channel, () => {})
    const chunk = new Uint8Array(bytes)
    this.#pour = () => {
      if (everyMs > 0) channel.send(chunk)
      else while (channel.send(chunk));
    }
    const act = (): void => {
      this.#pour()
      if (everyMs > 0) clock.setTimeout(act, everyMs)
    }
    clock.setTimeout(act, 0)
  }

  override onDrain(): void {
    this.#pour()
  }
}

/** Returns the value below which a share of sorted `values` lies. */
export function quantile(values: readonly number[], share: number): number {
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN
}
