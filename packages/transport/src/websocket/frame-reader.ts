import { processFramePool } from '@ls/mux/frames'
import { ReadTap, type ReadTapOwner } from '@ls/mux/node'
import { Backlog } from './backlog.js'
import { binaryMessage, headerBytesOf, isMasked, readPayloadBytes, withHeader } from './frame-header.js'
import type { FrameReaderOptions } from './frame-reader-options.js'
import { copyUnmasked, unmask } from './mask.js'
import { framesPerLook, processReadTurns, type ReadTurns } from './read-turns.js'
import { UnfinishedMessage } from './unfinished-message.js'
import { WsListener, wsPieceBytes } from './ws-listener.js'

/**
 * Reads binary messages that arrive in one frame, and leaves everything else to ws: it gets pings and pongs one by one,
 * and from the first frame of another kind on — a close, a fragment, text, any error — all bytes that follow.
 *
 * The receiver of ws is a stream of its own behind that of the socket, handles each frame in four steps, and its
 * messages keep the memory of whole reads. Here long messages are read into their own memory, which the pool recycles:
 * the rest of a message that has begun, and, while reads fill their memory, the next message from its header on, since
 * frames as long as ours start there. All other bytes are read into shared memory ({@link ReadTap}), and copied out.
 */
export class FrameReader implements ReadTapOwner {
  readonly #options: FrameReaderOptions
  readonly #turns: ReadTurns
  #ws: WsListener | undefined
  /** Start of a frame whose header is not complete, or of a ping. */
  #rest: Buffer | undefined
  #unfinished: UnfinishedMessage | undefined
  /** Frames for the next turn. */
  readonly #backlog: Backlog
  /** Source of the current chunk: the `tap` reuses its memory after it has been read, its `backlog` is a copy. */
  #source: 'stream' | 'tap' | 'backlog' = 'stream'
  /**
   * Open from the start: the one connection of a link carries all messages, and Node would allocate 64 KiB for each
   * read of a few bytes.
   */
  #tap: ReadTap | undefined
  /** The message whose rest the tap reads. */
  #target: UnfinishedMessage | undefined
  /** Memory into which the tap reads the next message. */
  #frame: Uint8Array | undefined
  #wasFull = false
  /** Whether ws gets all bytes. */
  #isLeft = false
  #hasEnded = false

  constructor(options: FrameReaderOptions) {
    this.#options = options
    this.#turns = options.turns ?? processReadTurns
    this.#backlog = new Backlog(options.stream, this.#turns, (bytes) => this.#readOn(bytes, 0))
  }

  /**
   * Replaces ws as the listener of the connection. False where ws does not listen for data: it then reads by itself.
   */
  attach(): boolean {
    const { stream, onHeld } = this.#options
    this.#ws = WsListener.take(stream, onHeld)
    if (this.#ws === undefined) return false
    stream.on('data', this.#onData)
    this.#tap = ReadTap.open(stream, this)
    stream.prependListener('end', () => this.#readToEnd())
    stream.prependListener('close', () => this.#readRest())
    return true
  }

  /** Reads no more frames: what arrives is dropped. */
  stop(): void {
    this.#tap?.close()
    this.#options.stream.off('data', this.#onData)
    this.#backlog.take()
  }

  /** Stops reading from the connection. */
  pause(): void {
    this.#backlog.pause()
  }

  /** Reads from the connection again. */
  resume(): void {
    this.#backlog.resume()
  }

  /** Called when ws has delivered a message. */
  messageOfWs(): void {
    this.#ws?.delivered()
  }

  readMemory(): Uint8Array | undefined {
    const unfinished = this.#unfinished
    if (this.#target !== unfinished) this.#target?.discard()
    const room = unfinished?.room
    this.#target = room && unfinished
    if (this.#wasFull && this.#atStart && this.#options.allowance.isProven) {
      this.#frame ??= processFramePool.take(processFramePool.frameBytes)
    } else if (this.#frame !== undefined) {
      processFramePool.give(this.#frame)
      this.#frame = undefined
    }
    return room ?? (this.#frame && withHeader(this.#frame, this.#options.masked))
  }

  onRead(bytes: Uint8Array, isFull: boolean): boolean {
    this.#options.onBytes()
    this.#source = 'tap'
    const target = this.#target
    // Bytes from the stream may have arrived in between.
    if (target !== undefined && target === this.#unfinished) this.#filled(target, bytes.length)
    else if (this.#frame !== undefined && this.#atStart) this.#readIntoFrame(bufferOf(bytes), this.#frame)
    else this.#readFrames(bufferOf(bytes))
    this.#wasFull = isFull
    return true
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#options.onBytes()
    this.#source = 'stream'
    // The tap uses the memory of the target until its next read.
    if (this.#target !== undefined && this.#target === this.#unfinished) this.#unfinished = this.#target.moved()
    this.#readFrames(chunk)
  }

  /** Whether the next byte is the first of a frame. */
  get #atStart(): boolean {
    return this.#unfinished === undefined && this.#rest === undefined && this.#backlog.isEmpty
  }

  /** Some streams end while they are paused. */
  #readToEnd(): void {
    this.#hasEnded = true
    const bytes = this.#backlog.take()
    if (bytes !== undefined) this.#readOn(bytes, 0)
  }

  /**
   * A connection that breaks while it is paused has read bytes without a delivery; ws would treat them as its own. What
   * waits for a turn is lost with the connection: otherwise peers that break connections would not need turns.
   */
  #readRest(): void {
    const { stream } = this.#options
    this.#hasEnded = true
    const isWaiting = this.#backlog.take() !== undefined
    if (stream.readableLength === 0 || !stream.listeners('data').includes(this.#onData)) return
    const bytes = stream.read(stream.readableLength) as Buffer
    if (!isWaiting) this.#onData(bytes)
  }

  #readFrames(chunk: Buffer): void {
    if (!this.#backlog.isEmpty) return this.#backlog.add(chunk)
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = undefined
    let offset = 0
    if (this.#unfinished !== undefined) {
      offset = this.#unfinished.fill(bytes)
      this.#deliverComplete(this.#unfinished)
    }
    this.#readOn(bytes, offset)
  }

  #readOn(bytes: Buffer, start: number): void {
    let offset = start
    for (let frames = 1; offset < bytes.length; frames++) {
      offset = this.#readFrame(bytes, offset)
      const looks = (this.#isLeft || frames % framesPerLook === 0) && offset < bytes.length && !this.#hasEnded
      if (looks && this.#turns.isOver) return this.#wait(bytes.subarray(offset))
    }
  }

  #wait(bytes: Buffer): void {
    this.#backlog.add(this.#source === 'tap' ? Buffer.from(bytes) : bytes)
    if (this.#source === 'tap') this.#source = 'backlog'
  }

  /** Called when the tap has read as many bytes of the rest of a message. */
  #filled(message: UnfinishedMessage, bytes: number): void {
    this.#target = undefined
    message.filled(bytes)
    this.#deliverComplete(message)
  }

  /**
   * Reads `bytes`, which start with a frame; one with a header as long as the room before `frame` is in its place
   * there.
   */
  #readIntoFrame(bytes: Buffer, frame: Uint8Array): void {
    const { masked, allowance } = this.#options
    const start = frame.byteOffset - bytes.byteOffset
    const inPlace =
      bytes.length > start &&
      bytes[0] === binaryMessage &&
      isMasked(bytes[1] ?? 0) === masked &&
      headerBytesOf(bytes[1] ?? 0) === start
    const length = inPlace ? readPayloadBytes(bytes, 0) : 0
    if (!processFramePool.fits(length) || length > allowance.maxMessageBytes) return this.#readFrames(bytes)
    this.#frame = undefined
    const key = masked ? bytes.subarray(start - 4, start) : undefined
    const end = Math.min(start + length, bytes.length)
    const message = UnfinishedMessage.within(frame.subarray(0, length), key, end - start)
    // The receiver may give the message's memory back, but it still holds further bytes.
    processFramePool.hold(frame)
    this.#unfinished = message
    this.#deliverComplete(message)
    this.#readOn(bytes, end)
    processFramePool.give(frame)
  }

  #deliverComplete(message: UnfinishedMessage): void {
    const { complete, longBytes } = message
    if (longBytes > 0) this.#options.onHeld(complete === undefined ? longBytes : 0)
    if (complete === undefined) return
    this.#unfinished = undefined
    this.#options.onMessage(complete)
  }

  /** Reads the frame at `offset`, or its available part; returns where the next one starts. */
  #readFrame(bytes: Buffer, offset: number): number {
    if (this.#isLeft) return this.#leave(bytes, offset)
    const available = bytes.length - offset
    if (available < 2) return this.#keep(bytes, offset)
    const first = bytes[offset] ?? 0
    const second = bytes[offset + 1] ?? 0
    if (isMasked(second) !== this.#options.masked) return this.#giveUp(bytes, offset)
    if (first === ping || first === pong) return this.#passControl(bytes, offset, second)
    if (first !== binaryMessage) return this.#giveUp(bytes, offset)
    const headerBytes = headerBytesOf(second)
    if (available < headerBytes) return this.#keep(bytes, offset)
    const length = readPayloadBytes(bytes, offset)
    const { allowance } = this.#options
    if (!allowance.takes(headerBytes + length, length)) return this.#refuse(bytes)
    if (length > allowance.maxMessageBytes) return this.#giveUp(bytes, offset)
    return this.#readMessage(bytes, offset + headerBytes, length)
  }

  #readMessage(bytes: Buffer, start: number, length: number): number {
    const key = this.#options.masked ? bytes.subarray(start - 4, start) : undefined
    const end = start + length
    if (end > bytes.length) {
      this.#unfinished = UnfinishedMessage.begin(key, length, bytes.subarray(start))
      this.#deliverComplete(this.#unfinished)
      return bytes.length
    }
    const payload = bytes.subarray(start, end)
    if (this.#source !== 'stream') {
      const message = processFramePool.take(length)
      copyUnmasked(payload, key, message, 0)
      this.#options.onMessage(message)
    } else {
      if (key !== undefined) unmask(payload, key)
      this.#options.onMessage(payload)
    }
    return end
  }

  #keep(bytes: Buffer, offset: number): number {
    // A copy, so that a few bytes do not keep the memory of the whole read.
    this.#rest = Buffer.from(bytes.subarray(offset))
    return bytes.length
  }

  #passControl(bytes: Buffer, offset: number, second: number): number {
    const payloadBytes = second & 0x7f
    if (payloadBytes > maxControlBytes) return this.#giveUp(bytes, offset)
    const frameBytes = headerBytesOf(second) + payloadBytes
    if (bytes.length - offset < frameBytes) return this.#keep(bytes, offset)
    if (!this.#options.allowance.takes(frameBytes)) return this.#refuse(bytes)
    // A copy, since the answer to a ping contains its payload.
    this.#ws?.pass(Buffer.from(bytes.subarray(offset, offset + frameBytes)))
    return offset + frameBytes
  }

  /** Ends reading here: from now on ws gets all bytes. */
  #giveUp(bytes: Buffer, offset: number): number {
    this.#tap?.close()
    this.#isLeft = true
    return this.#leave(bytes, offset)
  }

  /** Passes a piece to ws, which has no limits for an unauthenticated peer; returns where the next one starts. */
  #leave(bytes: Buffer, offset: number): number {
    const piece = bytes.subarray(offset, offset + wsPieceBytes)
    if (!this.#options.allowance.takes(piece.length)) return this.#refuse(bytes)
    if (this.#ws?.leave(this.#source === 'tap' ? Buffer.from(piece) : piece) === true) return offset + piece.length
    this.stop()
    return bytes.length
  }

  #refuse(bytes: Buffer): number {
    this.stop()
    this.#options.onExcess()
    return bytes.length
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** First byte of a ping; control frames are whole: FIN set (RFC 6455 §5.5). */
const ping = 0x89
const pong = 0x8a
const maxControlBytes = 125
