import type { Address } from '@ls/codec'
import { textOf } from '@ls/foundation'
import type { Channel, ChannelCloseReason, ChannelHandler } from '@ls/mux'
import { WebError } from '../errors.js'
import { type Deferred, deferred } from './deferred.js'
import { bytesOf, errorOf, SocketState } from './socket-state.js'

/** Result of `opened`, as in the Direct Sockets API. */
export interface TcpSocketInfo {
  /** Bytes from the far end. */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Bytes to the far end. */
  readonly writable: WritableStream<BufferSource>
  /** Name or address of the target, as requested. */
  readonly remoteAddress: string
  /** Port of the target, 0 to 65535. */
  readonly remotePort: number
}

/** Opens the channel of a socket: now, or when there is a link. */
export type ChannelSource = (handler: ChannelHandler) => Channel | Promise<Channel>

/**
 * A TCP stream with the shape of `TCPSocket` of the Direct Sockets API. Both streams apply backpressure: the window of
 * the channel is the memory that they share.
 */
export class TcpSocket implements ChannelHandler {
  /** A byte stream: readers may bring their own buffers (BYOB). */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  /** Closing it half-closes the connection; aborting it resets both directions. */
  readonly writable: WritableStream<BufferSource>
  readonly #state = new SocketState<TcpSocketInfo>()
  readonly #address: Address
  readonly #ownsMemory: boolean
  #channel: Channel | undefined
  #reader: ReadableByteStreamController | undefined
  #writer: WritableStreamDefaultController | undefined
  /** Settles the write that waits for room. */
  #writing: Deferred<void> | undefined
  #isOver = false
  #hasEnded = false

  /**
   * @param source Opens the channel, with this socket as its handler.
   * @param ownsMemory Whether each message has its memory for itself, as with a WebSocket. The reader then gets that
   *   memory, and otherwise a copy. @default false
   */
  constructor(address: Address, source: ChannelSource, { ownsMemory = false } = {}) {
    this.#address = address
    this.#ownsMemory = ownsMemory
    const attached = this.#attach(source)
    this.readable = new ReadableStream(
      {
        type: 'bytes',
        start: (controller) => void (this.#reader = controller),
        pull: () =>
          this.#channel === undefined ? attached.then((channel) => channel?.resume()) : this.#channel.resume(),
        cancel: async (reason) => {
          // The stream is closed already.
          this.#hasEnded = true
          await attached
          this.close(reason ?? 'the reader has gone')
        },
      },
      { highWaterMark: 0 },
    )
    this.writable = new WritableStream<BufferSource>({
      start: (controller) => {
        this.#writer = controller
        // An `abort` of this sink would wait for the current write, and that for the far end.
        const { signal } = controller
        signal.addEventListener('abort', () => queueMicrotask(() => this.close(signal.reason)))
      },
      write: (chunk) => {
        if (this.#channel !== undefined) return this.#write(this.#channel, chunk)
        return attached.then((channel) => this.#write(channel, chunk))
      },
      close: async () => (await attached)?.end(),
    })
  }

  /** Resolves when the target was reached; rejects with a {@link WebError} whose text begins with the reason's word. */
  get opened(): Promise<TcpSocketInfo> {
    return this.#state.opened
  }

  /** Resolves when both directions have ended in order; rejects when the connection broke. */
  get closed(): Promise<void> {
    return this.#state.closed
  }

  /** Resets both directions. */
  close(reason: unknown = 'closed'): void {
    if (this.#isOver) return
    this.#channel?.abort(`failed: ${textOf(reason)}`)
    this.#finish(new WebError('ERR_WEB_CLOSED', 'the socket was closed', { cause: reason }))
  }

  onOpen(): void {
    const { readable, writable } = this
    this.#state.open({ readable, writable, remoteAddress: this.#address.host, remotePort: this.#address.port })
  }

  onData(payload: Uint8Array): void {
    this.#channel?.consumed(payload.length)
    const request = this.#reader?.byobRequest
    const view = request?.view as Uint8Array | null | undefined
    const taken = Math.min(view?.byteLength ?? 0, payload.length)
    if (view && taken > 0) {
      new Uint8Array(view.buffer, view.byteOffset, taken).set(payload.subarray(0, taken))
      request?.respond(taken)
    }
    const rest = payload.subarray(taken)
    // The stream transfers the memory, with all that is in it.
    if (rest.length > 0) this.#reader?.enqueue(this.#ownsMemory ? (rest as Uint8Array<ArrayBuffer>) : rest.slice())
    if ((this.#reader?.desiredSize ?? 0) <= 0) this.#channel?.pause()
  }

  onEnd(): void {
    this.#endReading()
  }

  onDrain(): void {
    this.#writing?.resolve()
    this.#writing = undefined
  }

  onClose(reason: ChannelCloseReason): void {
    this.#finish(errorOf(reason))
  }

  async #attach(source: ChannelSource): Promise<Channel | undefined> {
    try {
      const channel = await source(this)
      this.#channel = channel
      if (this.#isOver) channel.abort('failed: the socket was closed')
      // Paused until there is a reader; the socket of a provider is open already.
      if (!channel.initiator) this.onOpen()
      return channel
    } catch (error) {
      this.#finish(error as Error)
      return undefined
    }
  }

  #write(channel: Channel | undefined, chunk: unknown): Promise<void> | void {
    const sent = channel?.send(bytesOf(chunk), { memory: 'borrowed' })
    if (sent === true) return
    if (sent === undefined) throw new WebError('ERR_WEB_CLOSED', 'the other end takes no more')
    this.#writing = deferred()
    return this.#writing.promise
  }

  #finish(error: Error | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    const gone = error ?? new WebError('ERR_WEB_CLOSED', 'the other end closed the connection')
    this.#writing?.reject(gone)
    this.#writing = undefined
    this.#writer?.error(gone)
    if (error === undefined) this.#endReading()
    else if (!this.#hasEnded) this.#reader?.error(error)
    this.#state.end(error)
  }

  #endReading(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#reader?.close()
    // Returns a reader's waiting buffer, empty.
    this.#reader?.byobRequest?.respond(0)
  }
}
