import type { MessageTransport, Session, TransportCloseReason, TransportHandler } from '@ls/mux'
import { encodeClose, encodeContinue, parsePacket, WispClose, type WispPacket } from './packet.js'
import { creditPackets, type StreamOwner, WispStream } from './wisp-stream.js'

/** Options of a {@link WispConnection}. */
export interface WispConnectionOptions {
  /** WebSocket of the client, from which nothing was read. */
  readonly transport: MessageTransport
  /** Session that opens its streams as channels, and limits their number. */
  readonly session: Session
  /** Called when the WebSocket is closed. */
  onClose(reason: string): void
}

/** Most bytes of all streams that wait for their targets; beyond it, nothing more is read from the client. */
const maxHeldBytes = 67_108_864

/**
 * Serves a client that speaks Wisp 1.2: TCP and UDP streams over one WebSocket. Backpressure towards the client works
 * by credit of packets and by bytes; backpressure towards targets by pausing the channels while the WebSocket is full.
 */
export class WispConnection implements TransportHandler, StreamOwner {
  readonly #options: WispConnectionOptions
  readonly #streams = new Map<number, WispStream>()
  #heldBytes = 0
  /** Whether the WebSocket is full. */
  #isFull = false

  /** Starts to serve the client. */
  constructor(options: WispConnectionOptions) {
    this.#options = options
    options.transport.setHandler(this)
    this.send(encodeContinue(0, creditPackets))
  }

  send(packet: Uint8Array): boolean {
    const hasRoom = this.#options.transport.send(packet)
    if (hasRoom || this.#isFull) return hasRoom
    this.#isFull = true
    for (const stream of this.#streams.values()) stream.pause()
    return false
  }

  held(bytes: number): void {
    const wasOver = this.#heldBytes > maxHeldBytes
    this.#heldBytes += bytes
    const isOver = this.#heldBytes > maxHeldBytes
    if (isOver && !wasOver) this.#options.transport.pause()
    if (wasOver && !isOver) this.#options.transport.resume()
  }

  ended(stream: number): void {
    this.#streams.delete(stream)
  }

  onMessage(message: Uint8Array): void {
    const packet = parsePacket(message)
    if (packet === undefined) return this.#options.transport.close({ code: 1002, reason: 'this is no Wisp packet' })
    if (packet.type === 'connect') return this.#connect(packet)
    const stream = this.#streams.get(packet.stream)
    if (packet.type === 'data') stream?.data(packet.payload)
    if (packet.type === 'close') stream?.close(packet.reason)
  }

  onDrain(): void {
    this.#isFull = false
    for (const stream of this.#streams.values()) if (!this.#isFull) stream.resume()
  }

  onClose({ reason }: TransportCloseReason): void {
    for (const stream of this.#streams.values()) stream.close(WispClose.NetworkError)
    this.#options.onClose(reason)
  }

  #connect({ stream: id, protocol, host, port }: WispPacket & { readonly type: 'connect' }): void {
    if (id === 0 || this.#streams.has(id)) {
      return this.#options.transport.close({ code: 1002, reason: `stream ${id} is in use` })
    }
    if (protocol === undefined || host === '' || port === 0) return this.#refuse(id, WispClose.Invalid)
    const address = { host, port }
    const stream = new WispStream(id, address, this)
    this.#streams.set(id, stream)
    try {
      const { session } = this.#options
      stream.use(session.open(protocol === 'tcp' ? { protocol, address } : { protocol }, stream), this.#isFull)
    } catch (error) {
      // A name that cannot be sent, or a session that is full.
      this.#streams.delete(id)
      this.#refuse(id, error instanceof RangeError ? WispClose.Invalid : WispClose.Throttled)
    }
  }

  #refuse(stream: number, reason: number): void {
    this.send(encodeClose(stream, reason))
  }
}
