import { channelIdBytes, channelIdOffset, type ChannelKey, channelKey, encode, MessageType, peekType } from '@ls/codec'
import { textOf } from '@ls/foundation'
import type { MessageTransport, TransportCloseReason, TransportHandler } from '@ls/mux'
import { FrameReader, frameOf } from './frame-reader.js'
import type { QuicConnection, QuicStream } from './quic.js'

/**
 * Marks for bytes that QUIC has not accepted yet: `send` returns false above the first, and `onDrain` follows below the
 * second.
 */
const highWaterBytes = 1_048_576
const lowWaterBytes = 262_144

/** A QUIC stream with its channel. */
interface Lane {
  readonly stream: QuicStream
  /** Undefined until the peer's Connect has arrived. */
  key: ChannelKey | undefined
  channelId: Uint8Array | undefined
  isOver: boolean
}

/** A QUIC connection with one stream for each channel, as a transport of a base session (protocol.md §1.9). */
export class StreamTransport implements MessageTransport {
  readonly roundTripMs = undefined
  readonly #connection: QuicConnection
  readonly #lanes = new Map<ChannelKey, Lane>()
  #handler: TransportHandler | undefined
  #bufferedBytes = 0
  #isBlocked = false
  #isOver = false
  #resumed: Promise<void> | undefined
  #resume: () => void = () => {}

  constructor(connection: QuicConnection) {
    this.#connection = connection
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /** Number of open streams. */
  get streamCount(): number {
    return this.#lanes.size
  }

  send(message: Uint8Array): boolean {
    const type = peekType(message)
    if (this.#isOver || !isChannelMessage(type)) return !this.#isOver
    const key = channelKey(message, channelIdOffset(type))
    const lane = this.#lanes.get(key) ?? (type === MessageType.Connect ? this.#open(message, key) : undefined)
    if (lane === undefined) return !this.#isBlocked
    void this.#write(lane, frameOf(message))
    if (type === MessageType.Disconnect) this.#finish(lane)
    this.#isBlocked = this.#bufferedBytes > highWaterBytes
    return !this.#isBlocked
  }

  pause(): void {
    this.#resumed ??= new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  resume(): void {
    this.#resumed = undefined
    this.#resume()
  }

  close(): void {
    this.#end({ code: 1000, reason: '' })
  }

  destroy(): void {
    this.#end({ code: 1006, reason: 'the direct path was lost' })
  }

  setHandler(handler: TransportHandler): void {
    const isFirst = this.#handler === undefined
    this.#handler = handler
    if (!isFirst) return
    this.#connection.onStream((stream) => {
      void this.#read({ stream, key: undefined, channelId: undefined, isOver: false })
    })
    this.#connection.onClosed((reason) => this.#end({ code: 1006, reason }))
  }

  #open(connect: Uint8Array, key: ChannelKey): Lane | undefined {
    try {
      const lane = { stream: this.#connection.open(), key, channelId: idOf(connect), isOver: false }
      this.#lanes.set(key, lane)
      void this.#read(lane)
      return lane
    } catch (error) {
      queueMicrotask(() => this.#end({ code: 1006, reason: textOf(error) }))
      return undefined
    }
  }

  async #write(lane: Lane, frame: Uint8Array): Promise<void> {
    this.#bufferedBytes += frame.length
    try {
      await lane.stream.write(frame)
    } catch {
      // The loop that reads this stream ends the channel.
    }
    this.#bufferedBytes -= frame.length
    if (!this.#isBlocked || this.#isOver || this.#bufferedBytes > lowWaterBytes) return
    this.#isBlocked = false
    this.#handler?.onDrain()
  }

  /** Reads a stream to its end; then its channel is over. */
  async #read(lane: Lane): Promise<void> {
    const frames = new FrameReader()
    try {
      for (;;) {
        const chunk = await lane.stream.read()
        if (chunk === undefined) break
        for (const message of frames.push(chunk)) await this.#receive(lane, message)
      }
    } catch {
      // A reset, or a frame of another protocol: handled like an end.
    }
    const { channelId } = lane
    if (lane.isOver || channelId === undefined) return this.#finish(lane)
    await this.#deliver(encode({ type: MessageType.Disconnect, channelId, error: 'the direct stream has ended' }))
    this.#finish(lane)
  }

  async #receive(lane: Lane, message: Uint8Array): Promise<void> {
    const type = peekType(message)
    if (!isChannelMessage(type)) return
    const key = channelKey(message, channelIdOffset(type))
    if (lane.key === undefined && type === MessageType.Connect && !this.#lanes.has(key)) {
      lane.key = key
      lane.channelId = idOf(message)
      this.#lanes.set(key, lane)
    }
    // A stream carries one channel.
    if (lane.key !== key || lane.isOver) return
    if (type === MessageType.Disconnect) this.#finish(lane)
    await this.#deliver(message)
  }

  async #deliver(message: Uint8Array): Promise<void> {
    while (this.#resumed !== undefined) await this.#resumed
    if (!this.#isOver) this.#handler?.onMessage(message)
  }

  #finish(lane: Lane): void {
    if (lane.key !== undefined && this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key)
    if (lane.isOver) return
    lane.isOver = true
    lane.stream.close()
  }

  #end(reason: TransportCloseReason): void {
    if (this.#isOver) return
    this.#isOver = true
    this.resume()
    for (const lane of this.#lanes.values()) lane.stream.close()
    this.#lanes.clear()
    this.#connection.close()
    queueMicrotask(() => this.#handler?.onClose(reason))
  }
}

/** The types of protocol.md §1 that belong to a channel. */
function isChannelMessage(type: number): boolean {
  return type >= MessageType.Connect && type <= MessageType.Disconnect
}

function idOf(connect: Uint8Array): Uint8Array {
  const at = channelIdOffset(MessageType.Connect)
  return connect.slice(at, at + channelIdBytes)
}
