import type { FakeClock } from '@ls/testkit'
import type { MessageTransport, TransportHandler } from '../src/index.js'
import { Bottleneck, type PathOptions, TcpPipe } from './tcp-pipe.js'

/** Two transports over a simulated TCP connection with a bottleneck in each direction. */
export class ShapedLink {
  readonly left: MessageTransport
  readonly right: MessageTransport
  readonly #bottlenecks: readonly [Bottleneck, Bottleneck]
  readonly #pipes: readonly TcpPipe[]

  /** `beside`: a connection that shares the path. */
  constructor(clock: FakeClock, path: PathOptions, beside?: ShapedLink) {
    this.#bottlenecks = beside === undefined ? [new Bottleneck(), new Bottleneck()] : beside.#bottlenecks
    const [there, back] = this.#bottlenecks
    const left = new ShapedEnd(clock)
    const right = new ShapedEnd(clock)
    this.left = left
    this.right = right
    this.#pipes = [
      left.connect(right, path, 2 * (path.seed ?? 0) + 1, there),
      right.connect(left, path, 2 * (path.seed ?? 0) + 2, back),
    ]
  }

  /** Changes the path from now on; bytes in transit arrive as before. */
  change(path: PathOptions): void {
    for (const pipe of this.#pipes) pipe.path = path
  }
}

interface Sent {
  readonly message: Uint8Array
  /** Position in the stream of its last byte. */
  readonly end: number
}

class ShapedEnd implements MessageTransport {
  readonly roundTripMs = undefined
  readonly #clock: FakeClock
  #peer!: ShapedEnd
  #pipe!: TcpPipe
  #handler: TransportHandler | undefined
  /** Messages that the kernel has not accepted yet. */
  readonly #waiting: Sent[] = []
  readonly #sent: Sent[] = []
  #streamBytes = 0
  #bufferedBytes = 0
  #blocked = false

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  connect(peer: ShapedEnd, path: PathOptions, seed: number, bottleneck: Bottleneck): TcpPipe {
    this.#peer = peer
    const calls = { onDelivered: (streamBytes: number) => this.#deliver(streamBytes), onDrain: () => this.#drain() }
    this.#pipe = new TcpPipe(this.#clock, path, seed, calls, bottleneck)
    return this.#pipe
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  send(message: Uint8Array): boolean {
    this.#streamBytes += frameHeaderBytes + message.length
    this.#waiting.push({ message, end: this.#streamBytes })
    this.#bufferedBytes += message.length
    this.#clock.setTimeout(() => this.#drain(), 0)
    this.#blocked = this.#bufferedBytes > highWaterBytes
    return !this.#blocked
  }

  setHandler(handler: TransportHandler): void {
    this.#handler = handler
  }

  pause(): void {}
  resume(): void {}
  close(): void {}
  destroy(): void {}

  /** Gives the kernel as much as it accepts. */
  #drain(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#pipe.hasRoom; next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#bufferedBytes -= next.message.length
      this.#sent.push(next)
      this.#pipe.write(frameHeaderBytes + next.message.length)
    }
    if (!this.#blocked || this.#waiting.length > 0) return
    this.#blocked = false
    this.#handler?.onDrain()
  }

  #deliver(streamBytes: number): void {
    for (let next = this.#sent[0]; next !== undefined && next.end <= streamBytes; next = this.#sent[0]) {
      this.#sent.shift()
      this.#peer.#handler?.onMessage(next.message)
    }
  }
}

const highWaterBytes = 65_536

/** Header of a WebSocket frame with a mask. */
const frameHeaderBytes = 8
