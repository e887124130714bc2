import type { Duplex } from 'node:stream'
import { processFramePool } from '@ls/mux'
import { longReadBytes, ReadTap } from '@ls/mux/node'
import { binaryMessage, headerBytesOf, isMasked, readPayloadBytes } from './frame-header.js'
import { mask, unmask } from './mask.js'

export interface FrameReaderOptions {
  /** The connection below the WebSocket, on which ws listens for data already. */
  readonly stream: Duplex
  /** Servers take masked frames only, clients unmasked ones only (RFC 6455 §5.1). */
  readonly masked: boolean
  /** A larger message is left to ws, which closes with 1009. */
  readonly maxMessageBytes: number
  /** Something has come, complete or not. */
  onBytes(): void
  /** Gets each whole binary message. */
  onMessage(message: Uint8Array): void
}

type DataListener = (chunk: Buffer) => void

/** A message that is not complete. */
interface Unfinished {
  readonly key: Uint8Array | undefined
  readonly length: number
  filled: number
  /** Where it is put together. One longer than any of ours grows with what comes, since its peer may never send it. */
  memory: Uint8Array
}

/**
 * Reads binary messages that come in one frame, and leaves everything else to ws: it gets pings and pongs one by one, and
 * from the first frame of another kind on — a close, a fragment, text, anything wrong — all that follows.
 *
 * The receiver of ws is a stream of its own behind that of the socket, looks at each frame in four steps, and its messages
 * keep the memory of whole reads alive. Long reads come in memory that is used again ({@link ReadTap}): their messages are
 * copied out, which where there is a mask costs no more than taking it off, into memory that the pool gets back.
 */
export class FrameReader {
  readonly #options: FrameReaderOptions
  /** Of ws: the last that was added. */
  readonly #theirs: DataListener | undefined
  /** The start of a frame whose header is not complete, or of a ping. */
  #rest: Buffer | undefined
  #unfinished: Unfinished | undefined
  /** The memory of the chunk at hand is used again once it has been read. */
  #isBorrowed = false
  #tap: ReadTap | undefined
  #gaveUp = false

  constructor(options: FrameReaderOptions) {
    this.#options = options
    this.#theirs = options.stream.listeners('data').at(-1) as DataListener | undefined
  }

  /** Takes the place of ws on the connection. */
  attach(): void {
    const { stream } = this.#options
    if (this.#theirs !== undefined) stream.off('data', this.#theirs)
    stream.on('data', this.#onData)
    // A connection that breaks while it is paused has read what nobody was told of; ws would take it for itself.
    stream.prependListener('close', () => {
      if (stream.readableLength > 0 && stream.listeners('data').includes(this.#onData))
        this.#onData(stream.read(stream.readableLength) as Buffer)
    })
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#options.onBytes()
    this.#isBorrowed = false
    this.#readFrames(chunk)
    if (chunk.length >= longReadBytes && !this.#gaveUp) this.#tap ??= ReadTap.open(this.#options.stream, this.#onRead)
  }

  readonly #onRead = (bytes: Uint8Array): void => {
    this.#options.onBytes()
    this.#isBorrowed = true
    this.#readFrames(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  #readFrames(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    this.#rest = undefined
    let offset = this.#unfinished === undefined ? 0 : this.#fill(this.#unfinished, bytes)
    while (offset < bytes.length) offset = this.#readFrame(bytes, offset)
  }

  /** Takes the frame at `offset`, or what is there of it; returns where the next one starts. */
  #readFrame(bytes: Buffer, offset: number): number {
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
    if (length > this.#options.maxMessageBytes) return this.#giveUp(bytes, offset)
    return this.#readMessage(bytes, offset + headerBytes, length)
  }

  #readMessage(bytes: Buffer, start: number, length: number): number {
    const key = this.#options.masked ? bytes.subarray(start - 4, start) : undefined
    const end = start + length
    if (end > bytes.length) return start + this.#begin(key, length, bytes.subarray(start))
    const payload = bytes.subarray(start, end)
    if (this.#isBorrowed) {
      const message = processFramePool.take(length)
      copyUnmasked(payload, key, message, 0)
      this.#options.onMessage(message)
    } else {
      if (key !== undefined) unmask(payload, key)
      this.#options.onMessage(payload)
    }
    return end
  }

  /** Starts a message of which only `piece` has come; returns the length of that. */
  #begin(key: Uint8Array | undefined, length: number, piece: Buffer): number {
    // Until more than a header has come, a peer is not believed: announcing a message costs it nothing.
    const believedBytes = piece.length < minBelievedBytes ? minBelievedBytes : processFramePool.frameBytes
    const memory = processFramePool.take(Math.min(length, believedBytes))
    const unfinished = { key: key && Uint8Array.from(key), length, filled: 0, memory }
    this.#unfinished = unfinished
    return this.#fill(unfinished, piece)
  }

  /** Adds to a message; returns how many bytes it took. */
  #fill(unfinished: Unfinished, bytes: Buffer): number {
    const { key, length, filled } = unfinished
    const piece = bytes.subarray(0, length - filled)
    const end = filled + piece.length
    if (end > unfinished.memory.length) unfinished.memory = grown(unfinished, end)
    copyUnmasked(piece, key, unfinished.memory, filled)
    unfinished.filled = end
    if (end < length) return piece.length
    this.#unfinished = undefined
    this.#options.onMessage(unfinished.memory)
    return piece.length
  }

  #keep(bytes: Buffer, offset: number): number {
    // A copy, so that a few bytes do not hold the memory of the whole read.
    this.#rest = Buffer.from(bytes.subarray(offset))
    return bytes.length
  }

  #passControl(bytes: Buffer, offset: number, second: number): number {
    const payloadBytes = second & 0x7f
    if (payloadBytes > maxControlBytes) return this.#giveUp(bytes, offset)
    const frameBytes = headerBytesOf(second) + payloadBytes
    if (bytes.length - offset < frameBytes) return this.#keep(bytes, offset)
    // A copy, since the answer to a ping has its payload in it.
    this.#pass(Buffer.from(bytes.subarray(offset, offset + frameBytes)))
    return offset + frameBytes
  }

  /** From here on ws reads by itself. */
  #giveUp(bytes: Buffer, offset: number): number {
    const { stream } = this.#options
    this.#gaveUp = true
    this.#tap?.close()
    stream.off('data', this.#onData)
    stream.on('data', () => this.#options.onBytes())
    if (this.#theirs !== undefined) stream.on('data', this.#theirs)
    const rest = bytes.subarray(offset)
    this.#pass(this.#isBorrowed ? Buffer.from(rest) : rest)
    return bytes.length
  }

  #pass(bytes: Buffer): void {
    this.#theirs?.call(this.#options.stream, bytes)
  }
}

/** Memory for at least `neededBytes` of a message, with what is there of it. */
function grown({ memory, filled, length }: Unfinished, neededBytes: number): Uint8Array {
  const enough = length <= processFramePool.frameBytes ? length : Math.max(neededBytes, memory.length * growth)
  const larger = processFramePool.take(Math.min(length, enough))
  larger.set(memory.subarray(0, filled))
  processFramePool.give(memory)
  return larger
}

/** Copies a piece of a message to its `offset`, without the mask. */
function copyUnmasked(piece: Uint8Array, key: Uint8Array | undefined, message: Uint8Array, offset: number): void {
  if (key === undefined) message.set(piece, offset)
  else mask(piece, turned(key, offset), message, offset)
}

/** The key as it applies from `offset` on. */
function turned(key: Uint8Array, offset: number): Uint8Array {
  if ((offset & 3) === 0) return key
  const turnedKey = new Uint8Array(4)
  for (let index = 0; index < 4; index++) turnedKey[index] = key[(index + offset) & 3] ?? 0
  return turnedKey
}

/** Bytes of a message from which on memory is set aside for all of it, up to one of ours. */
const minBelievedBytes = 4096

/** A mebibyte is reached in two steps, with a third of it copied again on the way. */
const growth = 4

/** Control frames come whole: FIN set (RFC 6455 §5.5). */
const ping = 0x89
const pong = 0x8a
const maxControlBytes = 125
