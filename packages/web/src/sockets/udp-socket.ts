import type { Address } from '@ls/codec'
import type { Channel, ChannelCloseReason, ChannelHandler } from '@ls/mux'
import { WebError } from '../errors.js'
import { bytesOf, errorOf, SocketState } from './socket-state.js'
import type { ChannelSource } from './tcp-socket.js'

/** A datagram, as in the Direct Sockets API. */
export interface UdpMessage {
  /** At most 65,507 bytes, which is what a datagram holds. */
  readonly data: BufferSource
  /** Where it goes to, or came from: a name or an address. Optional to write where the socket has one target. */
  readonly remoteAddress?: string
  /** 1 to 65535. */
  readonly remotePort?: number
}

/** What `opened` resolves with. */
export interface UdpSocketInfo {
  /** What arrives. */
  readonly readable: ReadableStream<UdpMessage>
  /** What leaves. */
  readonly writable: WritableStream<UdpMessage>
}

/** Datagrams that wait for a reader; more are dropped, as a system's socket drops them. */
const maxWaiting = 256

/** A UDP association with the shape of `UDPSocket` of the Direct Sockets API. */
export class UdpSocket implements ChannelHandler {
  /** Datagrams that arrive; without a reader 256 wait, and more are dropped. */
  readonly readable: ReadableStream<UdpMessage>
  /** Closing it ends the association. */
  readonly writable: WritableStream<UdpMessage>
  readonly #state = new SocketState<UdpSocketInfo>()
  readonly #target: Address | undefined
  #channel: Channel | undefined
  #reader: ReadableStreamDefaultController<UdpMessage> | undefined
  #writer: WritableStreamDefaultController | undefined
  #isOver = false

  /** `target` is where datagrams without an address of their own go. */
  constructor(target: Address | undefined, source: ChannelSource) {
    this.#target = target
    const attached = this.#attach(source)
    this.readable = new ReadableStream<UdpMessage>(
      {
        start: (controller) => void (this.#reader = controller),
        cancel: () => this.close(),
      },
      { highWaterMark: maxWaiting },
    )
    this.writable = new WritableStream<UdpMessage>({
      start: (controller) => void (this.#writer = controller),
      write: async (message) => {
        await attached
        this.#send(message)
      },
      close: () => this.close(),
      abort: () => this.close(),
    })
  }

  /** Resolves once the association is open. */
  get opened(): Promise<UdpSocketInfo> {
    return this.#state.opened
  }

  /** Resolves when it was closed; rejects when it broke. */
  get closed(): Promise<void> {
    return this.#state.closed
  }

  /** Ends the association. */
  close(): void {
    this.#channel?.disconnect()
    this.#finish(undefined)
  }

  onOpen(): void {
    this.#state.open({ readable: this.readable, writable: this.writable })
  }

  onDatagram(payload: Uint8Array, source: Address | undefined): void {
    if ((this.#reader?.desiredSize ?? 0) <= 0) return
    const { host, port } = source ?? this.#target ?? { host: '', port: 0 }
    this.#reader?.enqueue({ data: payload.slice(), remoteAddress: host, remotePort: port })
  }

  onClose(reason: ChannelCloseReason): void {
    this.#finish(errorOf(reason))
  }

  async #attach(source: ChannelSource): Promise<void> {
    try {
      const channel = await source(this)
      this.#channel = channel
      if (this.#isOver) return channel.disconnect()
      // Nothing says that an association is open but its first datagram; who opened it may send at once.
      this.onOpen()
      channel.resume()
    } catch (error) {
      this.#finish(error as Error)
    }
  }

  #send({ data, remoteAddress, remotePort }: UdpMessage): void {
    const { host, port } = { host: remoteAddress ?? this.#target?.host, port: remotePort ?? this.#target?.port }
    if (host === undefined || port === undefined) {
      throw new TypeError('a datagram needs remoteAddress and remotePort, or openUdp a host and a port')
    }
    const address = { host, port }
    const initiator = this.#channel?.initiator === true
    this.#channel?.sendDatagram(bytesOf(data), initiator ? { target: address } : { source: address })
  }

  #finish(error: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    const gone = error ?? new WebError('ERR_WEB_CLOSED', 'the association was closed')
    this.#writer?.error(gone)
    if (error === undefined) this.#closeReading()
    else this.#reader?.error(error)
    this.#state.end(error)
  }

  #closeReading(): void {
    try {
      this.#reader?.close()
    } catch {
      // Cancelled by its reader.
    }
  }
}
