import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { processFramePool } from '@ls/mux/frames'
import { headerBytes, maxHeaderBytes, writeHeader } from './frame-header.js'
import { mask, MaskKeys } from './mask.js'

/**
 * Writes messages to the connection below a WebSocket as frames, beside the pings, pongs and close of ws. Both write
 * whole frames, each in one call, so they never mix.
 *
 * The sender of ws uses an object, a header and a list of buffers for each message, and its own memory for masking: a
 * tenth of the cost of bulk.
 */
export class FrameWriter {
  readonly #stream: Writable
  /** Whether frames are masked: clients mask, servers do not (RFC 6455 §5.1). */
  readonly #masks: boolean
  /**
   * Whether the connection is a plain socket, which keeps no bytes that it reports as written; others may pass the
   * memory on.
   */
  readonly #isPlain: boolean

  constructor(stream: Writable, masks: boolean) {
    this.#stream = stream
    this.#isPlain = stream instanceof Socket
    this.#masks = masks
  }

  /** Writes a message. `headroomBytes`: memory directly before the message that may be overwritten. */
  write(message: Uint8Array, headroomBytes: number): void {
    if (this.#masks) this.#writeMasked(message)
    else if (headroomBytes >= maxHeaderBytes) this.#writeInPlace(message)
    else if (message.length <= maxCopiedBytes) this.#writeCopy(message)
    else this.#writeBehindHeader(message)
  }

  /** Writes a masked copy: the mask must not change the message, which may have to be sent again. */
  #writeMasked(message: Uint8Array): void {
    const start = headerBytes(message.length, true)
    if (!this.#isPlain || !processFramePool.fits(message.length)) {
      const frame = Buffer.allocUnsafe(start + message.length)
      this.#maskInto(frame, start, message)
      this.#stream.write(frame)
      return
    }
    const { buffer, byteOffset, length } = processFramePool.take(message.length)
    const frame = new Uint8Array(buffer, byteOffset - start, start + length)
    this.#maskInto(frame, start, message)
    this.#stream.write(frame, () => processFramePool.give(frame))
  }

  #maskInto(frame: Uint8Array, start: number, message: Uint8Array): void {
    const key = maskKeys.next()
    writeHeader(frame, 0, message.length, key)
    mask(message, key, frame, start)
  }

  #writeInPlace(message: Uint8Array): void {
    const start = headerBytes(message.length, false)
    const frame = new Uint8Array(message.buffer, message.byteOffset - start, start + message.length)
    writeHeader(frame, 0, message.length)
    this.#writeHeld(frame)
  }

  #writeCopy(message: Uint8Array): void {
    const start = headerBytes(message.length, false)
    const frame = Buffer.allocUnsafe(start + message.length)
    writeHeader(frame, 0, message.length)
    frame.set(message, start)
    this.#stream.write(frame)
  }

  #writeBehindHeader(message: Uint8Array): void {
    const header = Buffer.allocUnsafe(headerBytes(message.length, false))
    writeHeader(header, 0, message.length)
    this.#stream.write(header)
    this.#writeHeld(message)
  }

  /** Holds the memory while it is written: it must not change if the peer acknowledges the message before. */
  #writeHeld(bytes: Uint8Array): void {
    processFramePool.hold(bytes)
    if (this.#isPlain) this.#stream.write(bytes, () => processFramePool.give(bytes))
    else this.#stream.write(bytes)
  }
}

/** Largest message to copy, in bytes: up to this size, a copy costs less than a second buffer in the write. */
const maxCopiedBytes = 4096

const maskKeys = new MaskKeys()
