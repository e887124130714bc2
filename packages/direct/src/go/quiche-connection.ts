import type { QuicConnection, QuicStream, UdpPlace } from './quic.js'
import { maxPacketBytes, type NativeConnection, type Quiche } from './quiche-config.js'
import { QuicheStream } from './quiche-stream.js'

export interface QuicheConnectionOptions {
  readonly quiche: Quiche
  readonly native: NativeConnection
  /** Address of our socket, as it was given to quiche. */
  readonly local: { readonly host: string; readonly port: number }
  send(packet: Uint8Array, to: UdpPlace): void
  /** Called when the connection is over, before its receivers are told. */
  onOver(): void
}

/** Time between two packets that keep the connection and NATs on the way, in milliseconds: that of Go. */
const keepAliveMs = 5000

/** Most packets that are sent before received packets are handled, since those may be acknowledgements. */
const maxBurst = 64

/** A QUIC connection that this end has dialled. All packets of one turn of the event loop are handled together. */
export class QuicheConnection implements QuicConnection {
  readonly #options: QuicheConnectionOptions
  readonly #streams = new Map<number, QuicheStream>()
  readonly #waiting: QuicStream[] = []
  readonly #keepAlive: NodeJS.Timeout
  #timer: NodeJS.Timeout | undefined
  #isScheduled = false
  #endReason: string | undefined
  /** Streams of a client have the numbers 0, 4, 8 and so on (RFC 9000 §2.1). */
  #nextId = 0
  #onStream: ((stream: QuicStream) => void) | undefined
  #onClosed: (reason: string) => void = () => {}
  #onEstablished: () => void = () => {}

  constructor(options: QuicheConnectionOptions) {
    this.#options = options
    this.#keepAlive = setInterval(() => {
      if (!options.native.isEstablished()) return
      options.native.sendAckEliciting()
      this.#schedule()
    }, keepAliveMs)
    this.#work()
  }

  /** Resolves when the handshake is complete. @throws Error when the connection ends before */
  established(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onEstablished = resolve
      this.onClosed((reason) => reject(new Error(reason)))
    })
  }

  /** Handles a packet of this connection. */
  receive(packet: Uint8Array, { address: host, port }: UdpPlace): void {
    if (this.#endReason !== undefined) return
    try {
      this.#options.native.recv(packet, { from: { host, port }, to: this.#options.local })
    } catch {
      // An invalid packet counts as lost; if the peer is at fault, quiche ends the connection itself.
    }
    this.#schedule()
  }

  open(): QuicStream {
    if (this.#endReason !== undefined) throw new Error(this.#endReason)
    const id = this.#nextId
    this.#nextId += 4
    return this.#add(id)
  }

  onStream(call: (stream: QuicStream) => void): void {
    this.#onStream = call
    for (const stream of this.#waiting.splice(0)) call(stream)
  }

  onClosed(call: (reason: string) => void): void {
    this.#onClosed = call
    if (this.#endReason !== undefined) call(this.#endReason)
  }

  close(): void {
    if (this.#endReason !== undefined) return
    this.#options.native.close(true, 0, Buffer.alloc(0))
    this.#flush()
    this.#end('the QUIC connection was closed')
  }

  #add(id: number): QuicheStream {
    const { native, quiche } = this.#options
    const onOver = (): void => void this.#streams.delete(id)
    const onWork = (): void => this.#schedule()
    const stream = new QuicheStream({ id, native, shutdown: quiche.Shutdown, onWork, onOver })
    this.#streams.set(id, stream)
    return stream
  }

  #schedule(): void {
    if (this.#isScheduled || this.#endReason !== undefined) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#work()
    })
  }

  #work(): void {
    if (this.#endReason !== undefined) return
    const { native } = this.#options
    if (native.isEstablished()) {
      this.#onEstablished()
      for (const id of native.readable()) this.#readable(id)
      for (const stream of this.#streams.values()) stream.push()
    }
    this.#flush()
    if (native.isClosed() || native.isDraining()) return this.#end(this.#reason())
    clearTimeout(this.#timer)
    const dueMs = native.timeout()
    if (dueMs === null) return
    this.#timer = setTimeout(() => {
      native.onTimeout()
      this.#work()
    }, dueMs)
  }

  #readable(id: number): void {
    const known = this.#streams.get(id)
    if (known !== undefined) return known.pull()
    // Only streams that the peer opens: one of ours that is over may still have bytes, which nobody reads.
    if (id % 4 !== 1) return
    const stream = this.#add(id)
    if (this.#onStream === undefined) this.#waiting.push(stream)
    else this.#onStream(stream)
  }

  #flush(): void {
    const { native, send } = this.#options
    for (let sent = 0; sent < maxBurst; sent++) {
      const packet = Buffer.allocUnsafe(maxPacketBytes)
      const made = native.send(packet)
      if (made === null) return
      const [length, { to }] = made
      send(packet.subarray(0, length), { address: to.host, port: to.port })
    }
    this.#schedule()
  }

  #reason(): string {
    const { native } = this.#options
    if (native.isTimedOut()) return 'the QUIC connection was lost: the peer is silent'
    const error = native.peerError() ?? native.localError()
    const text = error === null ? '' : Buffer.from(error.reason).toString().slice(0, 200)
    return text === '' ? 'the QUIC connection was closed' : `the QUIC connection was closed: ${text}`
  }

  #end(reason: string): void {
    this.#endReason = reason
    clearTimeout(this.#timer)
    clearInterval(this.#keepAlive)
    this.#options.onOver()
    const error = new Error(reason)
    for (const stream of this.#streams.values()) stream.fail(error)
    this.#onClosed(reason)
  }
}
