import { Duplex } from 'node:stream'
import type { ChannelCloseReason } from './channel/channel-close.js'
import type { ChannelHandler } from './channel/channel-handler.js'
import type { Channel } from './channel/channel.js'
import { MuxError, type MuxErrorCode } from './errors.js'

export { FrameBytes } from './transports/frame-bytes.js'
export { streamTransport, type StreamTransportOptions } from './transports/stream-transport.js'

/**
 * A TCP channel as a Node stream: back-pressure both ways, half-close where the link has `fin`.
 *
 * Chunks given to `write` must not be changed afterwards, not even after their callback: they are sent when their turn
 * comes. `destroy()` disconnects after written bytes have been sent, `destroy(error)` aborts and sends the peer the
 * reason. A broken channel destroys the stream with a MuxError, once all bytes received before have been read. The
 * stream replaces the channel's handler.
 *
 * @example
 * const stream = toDuplex(session.open({ protocol: 'tcp', address: { host: 'example.org', port: 80 } }))
 * stream.end('GET / HTTP/1.0\r\n\r\n')
 * for await (const chunk of stream) process.stdout.write(chunk)
 *
 * @param wrap Makes the channel's handler from that of the stream, for instance to watch the channel too.
 * @throws TypeError for a UDP channel.
 */
export function toDuplex(channel: StreamChannel, wrap?: (handler: ChannelHandler) => ChannelHandler): Duplex {
  if (channel.protocol !== 'tcp') throw new TypeError(`a ${channel.protocol} channel has no stream of bytes`)
  return new ChannelDuplex(channel, wrap)
}

/** The part of a channel that a stream uses. */
type StreamChannel = Pick<
  Channel,
  'protocol' | 'state' | 'setHandler' | 'send' | 'end' | 'disconnect' | 'abort' | 'pause' | 'resume' | 'consumed'
>

type Callback = (error?: Error | null) => void

class ChannelDuplex extends Duplex implements ChannelHandler {
  readonly #channel: StreamChannel
  /** Callback of the write that waits for room. */
  #writing: Callback | undefined
  #closed: MuxError | undefined
  /** Whether the stream fails with {@link #closed} once all received bytes have been read. */
  #broken = false

  constructor(channel: StreamChannel, wrap: (handler: ChannelHandler) => ChannelHandler = (handler) => handler) {
    super()
    this.#channel = channel
    channel.pause()
    channel.setHandler(wrap(this))
    if (channel.state === 'closed')
      this.destroy(new MuxError('ERR_MUX_CHANNEL_CLOSED', 'the channel is closed already'))
  }

  onData(payload: Uint8Array): void {
    this.#channel.consumed(payload.length)
    if (!this.push(payload)) this.#channel.pause()
  }

  onEnd(): void {
    this.push(null)
  }

  onDrain(): void {
    const callback = this.#writing
    this.#writing = undefined
    callback?.()
  }

  onClose(reason: ChannelCloseReason): void {
    this.#closed = new MuxError(codeOf[reason.kind], reason.error === '' ? 'the channel is closed' : reason.error)
    if (this.destroyed) return
    if (reason.kind !== 'ended') return this.#break()
    // Received bytes can still be read; the writable side ends with it.
    this.allowHalfOpen = false
    if (!this.readableEnded) this.push(null)
    const callback = this.#writing
    if (callback !== undefined) this.#failWrite(callback, this.#closed)
  }

  /** Called by Node for every way of consuming the stream. */
  override read(bytes?: number): unknown {
    const chunk: unknown = super.read(bytes)
    if (this.#broken) this.#breakOnceRead()
    return chunk
  }

  override _read(): void {
    this.#channel.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    if (this.#closed !== undefined) return this.#failWrite(callback, this.#closed)
    if (this.#channel.send(chunk)) callback()
    // Where the channel accepts no more, `onClose` fails the write after the reader has had its bytes.
    else this.#writing = callback
  }

  override _final(callback: Callback): void {
    this.#channel.end()
    callback()
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const complete = this.readableEnded && this.writableFinished
    if (error !== null) this.#channel.abort(`failed: ${error.message}`)
    // After both ends the channel closes by itself, once its last bytes have been sent.
    else if (!complete) this.#channel.disconnect()
    callback(error)
    const writing = this.#writing
    this.#writing = undefined
    writing?.(error ?? new MuxError('ERR_MUX_CHANNEL_CLOSED', 'the stream was destroyed'))
  }

  #break(): void {
    this.#broken = true
    this.#breakOnceRead()
  }

  #breakOnceRead(): void {
    if (this.readableLength === 0) this.destroy(this.#closed)
  }

  /** An error would discard unread bytes, so it waits for the reader. */
  #failWrite(callback: Callback, error: MuxError): void {
    if (this.#broken) this.#writing = callback
    else if (this.readableEnded) callback(error)
    else this.once('end', () => callback(error))
  }
}

const codeOf: Readonly<Record<ChannelCloseReason['kind'], MuxErrorCode>> = {
  ended: 'ERR_MUX_CHANNEL_CLOSED',
  refused: 'ERR_MUX_CHANNEL_REFUSED',
  aborted: 'ERR_MUX_CHANNEL_ABORTED',
  local: 'ERR_MUX_CHANNEL_CLOSED',
  session: 'ERR_MUX_SESSION_CLOSED',
}
