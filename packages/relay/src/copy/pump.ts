import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Inflation } from '@ls/codec/node'
import { breakStream, closeStream, confirmEnd } from '@ls/dial'
import type { ProgressWatch } from '@ls/foundation'
import type { ChannelCloseReason, ChannelHandler, SendOptions } from '@ls/mux'
import { processFramePool } from '@ls/mux/frames'
import { longReadBytes, ReadTap, type ReadTapOwner } from '@ls/mux/node'
import type { PayloadOptions } from './payload-options.js'
import { PayloadSender, usualReadBytes } from './payload-sender.js'
import type { PumpChannel } from './pump-channel.js'
import { TurnReader } from './turn-reader.js'
import { watchLastBytes } from './watch-last-bytes.js'

export interface PumpOptions extends PayloadOptions {
  /**
   * Time without progress, in milliseconds, after which a socket is cut that sends the rest for a channel that is gone.
   * @default 30000
   */
  readonly lingerMs?: number | undefined
  /** Called once, when both the socket and the channel are gone. */
  onDone?(reason: ChannelCloseReason): void
}

/**
 * Copies between a socket and a channel; the project has no other loop for this. Backpressure works in both directions,
 * ends are passed on as ends and failures as resets, and no accepted byte is lost.
 *
 * The socket must be paused or fresh, with `allowHalfOpen`; reading starts with the next turn of the event loop.
 * Returns the handler for the channel, which the caller sets.
 */
export function pump(socket: Duplex, channel: PumpChannel, options: PumpOptions = {}): ChannelHandler {
  return new Pump(socket, channel, options)
}

class Pump implements ChannelHandler, ReadTapOwner {
  readonly #socket: Duplex
  readonly #channel: PumpChannel
  readonly #options: PumpOptions
  readonly #sender: PayloadSender
  readonly #reader: TurnReader
  /**
   * Payload written to the socket and not yet reported as consumed: until the end of the turn, or while the socket is
   * full.
   */
  #unconsumedBytes = 0
  /** Whether the socket is a plain one, which buffers nothing that it reports as written. */
  readonly #isPlain: boolean
  #tap: ReadTap | undefined
  /**
   * Destination of the next read while reads fill their buffers: a frame, which is sent without a copy, or with `long`
   * as much memory as a message to this peer may have, since base peers get the available bytes of the socket in one
   * message.
   */
  #next: Uint8Array | 'long' | undefined
  /** Payload being inflated at the pace of the socket; the channel is paused in the meantime. */
  #inflation: Inflation | undefined
  #linger: ProgressWatch | undefined
  /** Stops counting bytes that the socket buffers for a closed channel. */
  #lingered: (() => void) | undefined
  #corked = false
  #closed: ChannelCloseReason | undefined

  constructor(socket: Duplex, channel: PumpChannel, options: PumpOptions) {
    this.#socket = socket
    this.#channel = channel
    this.#options = options
    this.#isPlain = socket instanceof Socket
    this.#reader = new TurnReader(socket)
    this.#sender = new PayloadSender(channel, options, () => this.#reader.onDrain())
    socket.on('data', this.#onSocketData)
    socket.on('end', () => this.#onSocketEnd())
    socket.on('drain', this.#onSocketDrain)
    // 'close' follows and cleans up; without a listener the error would end the process.
    socket.on('error', () => {})
    socket.on('close', () => this.#onSocketClose())
    // A stream would read 64 KiB and once more after a pause, however little the peer accepts.
    if (channel.readBytes < usualReadBytes) this.#tap = ReadTap.open(socket, this)
    socket.resume()
  }

  readMemory(): Uint8Array | undefined {
    const { readBytes } = this.#channel
    if (this.#next === 'long') return longReadMemory(readBytes)
    if (readBytes >= usualReadBytes) return this.#next
    // The peer accepts little now: the rest stays in the socket, and no frame waits for it.
    if (this.#next !== undefined) processFramePool.give(this.#next)
    this.#next = undefined
    return longReadMemory(readBytes)
  }

  onRead(bytes: Uint8Array, isFull: boolean): boolean {
    this.#reader.received(bytes.length)
    if (!this.#sendRead(bytes, isFull)) this.#reader.wait()
    return this.#reader.reads
  }

  onData(payload: Uint8Array): void {
    this.#write(payload, payload.length)
  }

  onCompressedData(gzip: Uint8Array, inflatedBytes: number): void {
    this.#channel.pause()
    try {
      this.#inflation = new Inflation(gzip, inflatedBytes, {
        onPiece: (piece) => this.#writePiece(piece),
        onDone: () => this.#inflated(),
        onError: (error) => this.#inflateFailed(error),
      })
    } catch (error) {
      this.#inflateFailed(error as Error)
    }
  }

  onEnd(): void {
    this.#socket.end()
    // From now on reading must stop as soon as TurnReader requires it; a stream would read once more first.
    if (!this.#socket.readableEnded) this.#tap ??= ReadTap.open(this.#socket, this)
  }

  onDrain(): void {
    this.#sender.onDrain()
  }

  onClose(reason: ChannelCloseReason): void {
    this.#closed = reason
    this.#socket.off('data', this.#onSocketData)
    this.#sender.close()
    // Payload being inflated was sent before the end, so it is written first.
    if (this.#inflation === undefined) this.#closeSocket(reason)
    else this.#startLinger()
  }

  readonly #onSocketData = (chunk: Buffer): void => {
    this.#reader.received(chunk.length)
    if (!this.#sender.send(chunk)) this.#reader.wait()
    if (!this.#reader.reads) this.#socket.pause()
    if (chunk.length >= longReadBytes) this.#tap ??= ReadTap.open(this.#socket, this)
  }

  /**
   * Sends a read. After a read that filled its buffer the next one goes directly into a frame. An idle socket has no
   * frame.
   */
  #sendRead(bytes: Uint8Array, isFull: boolean): boolean {
    const frame = this.#next
    const takesLong = this.#channel.readBytes > usualReadBytes
    if (frame === 'long') {
      this.#next = takesLong && bytes.length >= usualReadBytes ? 'long' : undefined
      return this.#sender.send(bytes, borrowed)
    }
    if (!isFull) this.#next = undefined
    else this.#next = takesLong ? 'long' : processFramePool.takePayload()
    if (frame === undefined) return this.#sender.send(bytes, borrowed)
    if (processFramePool.fits(bytes.length)) return this.#sender.send(bytes, pooled)
    const room = this.#sender.send(bytes, borrowed)
    processFramePool.give(frame)
    return room
  }

  readonly #onSocketDrain = (): void => {
    const bytes = this.#unconsumedBytes
    this.#unconsumedBytes = 0
    if (bytes > 0) this.#channel.consumed(bytes)
    if (this.#inflation === undefined) this.#channel.resume()
    else this.#inflation.onDrain()
  }

  #writePiece(piece: Uint8Array): boolean {
    this.#write(piece, piece.length)
    return !this.#socket.writableNeedDrain
  }

  #inflated(): void {
    this.#inflation = undefined
    if (this.#closed !== undefined) this.#closeSocket(this.#closed)
    else if (this.#unconsumedBytes === 0) this.#channel.resume()
  }

  /** Handles payload whose size is wrong: a stream with a gap must end here and must not look complete. */
  #inflateFailed({ message }: Error): void {
    this.#inflation = undefined
    const error = `failed: ${message}`
    if (this.#closed === undefined) return this.#channel.abort(error)
    this.#closed = { kind: 'local', error }
    this.#closeSocket(this.#closed)
  }

  #closeSocket(reason: ChannelCloseReason): void {
    if (this.#socket.destroyed) return this.#options.onDone?.(reason)
    this.#startLinger()
    if (reason.kind === 'ended') this.#endSocket()
    else breakStream(this.#socket, new Error(reason.error))
  }

  /** Cuts the socket when the application stops reading the rest. */
  #startLinger(): void {
    const { lingerMs = defaultLingerMs } = this.#options
    const cut = (): void => closeStream(this.#socket, new Error(this.#closed?.error))
    this.#linger ??= watchLastBytes(this.#socket, lingerMs, cut)
    this.#lingered ??= this.#channel.countLingering(this.#socket.writableLength)
  }

  #write(payload: Uint8Array, bytes: number): void {
    if (!this.#socket.writable) return this.#channel.consumed(bytes)
    if (!this.#corked) this.#cork()
    this.#unconsumedBytes += bytes
    if (this.#isPlain && processFramePool.owns(payload))
      this.#socket.write(payload, () => processFramePool.give(payload))
    else this.#socket.write(payload)
    if (this.#unconsumedBytes > maxGatheredBytes) this.#channel.pause()
  }

  /** Collects the payload of one read of the link for one writev: bulk transfers took a tenth less CPU time. */
  #cork(): void {
    this.#corked = true
    this.#socket.cork()
    process.nextTick(this.#uncork)
  }

  readonly #uncork = (): void => {
    this.#corked = false
    this.#socket.uncork()
    // The system has nearly always accepted everything by now, even if `write` returned false.
    if (this.#socket.writableNeedDrain && this.#socket.writableLength > 0) this.#channel.pause()
    else this.#onSocketDrain()
  }

  /** Ends the socket after the peer's bytes; bytes that the application still sends have no receiver. */
  #endSocket(): void {
    const closeAtBothEnds = (): void => {
      if (this.#socket.readableEnded && this.#socket.writableFinished) closeStream(this.#socket)
    }
    this.#socket.once('end', closeAtBothEnds)
    // A second `end` creates an error with a stack for each connection.
    if (this.#socket.writableFinished) closeAtBothEnds()
    else this.#socket.once('finish', closeAtBothEnds).end()
    // Reads until the application closes: a close with unread bytes would reset the connection, and bytes that the
    // application has not read yet would be lost.
    this.#socket.resume()
  }

  /** Handles the end of the socket. After its own end it cannot write; {@link TurnReader} lets its resets appear. */
  #onSocketEnd(): void {
    confirmEnd(this.#socket, () => this.#sender.end())
  }

  #onSocketClose(): void {
    this.#linger?.stop()
    this.#lingered?.()
    this.#inflation?.stop()
    if (this.#closed !== undefined) return this.#options.onDone?.(this.#closed)
    const error = this.#socket.errored
    const complete = error === null && this.#socket.readableEnded
    // Bytes that the socket delivered before it closed are sent first.
    if (complete && this.#socket.writableFinished) this.#sender.disconnect('')
    else this.#sender.disconnect(`failed: ${error?.message ?? 'the connection was closed'}`)
  }
}

const borrowed: SendOptions = { memory: 'borrowed' }
const pooled: SendOptions = { memory: 'pooled' }

/** Most bytes collected in one turn: a few reads of the transport's socket. */
const maxGatheredBytes = 262_144

/** Enough for a slow application to read anything; a stuck one must not keep memory forever. */
const defaultLingerMs = 30_000

/**
 * Memory for one read of up to `bytes`, valid until the next read of any socket. All sockets of a thread share it, so
 * the reader must send or copy the bytes immediately.
 */
function longReadMemory(bytes: number): Uint8Array {
  if (shared === undefined || shared.length < bytes) shared = new Uint8Array(bytes)
  return shared.subarray(0, bytes)
}

/** Allocated with the first long read. */
let shared: Uint8Array | undefined
