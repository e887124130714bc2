import type { Address } from '@ls/codec'
import type { Channel, ChannelCloseReason, ChannelHandler } from '@ls/mux'
import { WebError } from '../errors.js'
import { bytesOf, errorOf, SocketState } from './socket-state.js'
import type { ChannelSource } from './tcp-socket.js'

/** A datagram, as in the Direct Sockets API. */
export interface UdpMessage {
  /** Payload, at most 65,507 bytes, the most that a datagram can contain. */
  readonly data: BufferSource
  /** Destination or source: a name or an address. Optional for writing if the socket has one target. */
  readonly remoteAddress?: string
  /** Port, 1 to 65535. */
  readonly remotePort?: number
}

/** Result of `opened`. */
export interface UdpSocketInfo {
  /** Datagrams that arrive. */
  readonly readable: ReadableStream<UdpMessage>
  /** Datagrams to send. */
  readonly writable: WritableStream<UdpMessage>
}

/** Most datagrams that wait for a reader; further ones are dropped, as in a system's socket. */
const maxWaiting = 256

/** A UDP association with the shape of `UDPSocket` of the Direct Sockets API. */
export class UdpSocket implements ChannelHandler {
  /** Datagrams that arrive; without a reader 256 wait, and further ones are dropped. */
  readonly readable: ReadableStream<UdpMessage>
  /** Closing it ends the association. */
  readonly writable: WritableStream<UdpMessage>
  readonly #state = new SocketState<UdpSocketInfo>()
  readonly #target: Address | undefined
  #channel: Channel | undefined
  #reader: ReadableStreamDefaultController<UdpMessage> | undefined
  #writer: WritableStreamDefaultController | undefined
  #isOver = false

  /** @param target Destination of datagrams without their own address. */
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

  /** Resolves when the association is open. */
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
      // Only the first datagram shows that an association is open, but the opener may send immediately.
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
