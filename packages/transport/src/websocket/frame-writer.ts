import { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { processFramePool } from '@ls/mux'
import { headerBytes, maxHeaderBytes, writeHeader } from './frame-header.js'
import { mask, MaskKeys } from './mask.js'

/**
 * Writes messages to the connection below a WebSocket as frames, beside what ws writes itself: pings, pongs and the
 * close. Both write whole frames, each in one go, so they never mix.
 *
 * The sender of ws takes an object, a header and a list of buffers for each message, and memory of its own for what it
 * masks: a tenth of what bulk cost.
 */
export class FrameWriter {
  readonly #stream: Writable
  /** Clients mask, servers do not (RFC 6455 §5.1). */
  readonly #masks: boolean
  /** Such a connection holds nothing of what it reports as written; others may pass it on as it is. */
  readonly #isPlain: boolean

  constructor(stream: Writable, masks: boolean) {
    this.#stream = stream
    this.#isPlain = stream instanceof Socket
    this.#masks = masks
  }

  /** `headroomBytes`: how much memory directly before the message may be written to. */
  write(message: Uint8Array, headroomBytes: number): void {
    if (this.#masks) this.#writeMasked(message)
    else if (headroomBytes >= maxHeaderBytes) this.#writeInPlace(message)
    else if (message.length <= maxCopiedBytes) this.#writeCopy(message)
    else this.#writeBehindHeader(message)
  }

  /** The mask must not change the message, which may have to be sent again. */
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

  /** A message that the peer acknowledges before it is written must not change. */
  #writeHeld(bytes: Uint8Array): void {
    processFramePool.hold(bytes)
    if (this.#isPlain) this.#stream.write(bytes, () => processFramePool.give(bytes))
    else this.#stream.write(bytes)
  }
}

/** Up to this many bytes, a copy costs less than a second buffer in the write. */
const maxCopiedBytes = 4096

const maskKeys = new MaskKeys()
