import { FrameBytes } from '@ls/mux/duplex'
import { DirectError } from '../errors.js'

/**
 * Largest frame, in bytes: Go sends at most 1 MiB of payload in a message. Two more frames of that size may wait, one
 * for each direction of a stream.
 */
const maxFrameBytes = 2_097_152
const headerBytes = 4

/** Puts its length before a message. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + message.length)
  frame.writeUInt32BE(message.length)
  frame.set(message, headerBytes)
  return frame
}

/** Splits the bytes of a stream into frames: Length(4) and a message. */
export class FrameReader {
  readonly #frames = new FrameBytes()

  /** Takes bytes, and returns the messages that are complete. @throws DirectError for a frame that is too long */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#frames.push(chunk)
    const messages: Uint8Array[] = []
    for (let message = this.#shift(); message !== undefined; message = this.#shift()) messages.push(message)
    return messages
  }

  #shift(): Uint8Array | undefined {
    const length = this.#frames.peekLength()
    if (length === undefined) return undefined
    if (length === 0 || length > maxFrameBytes)
      throw new DirectError('ERR_DIRECT_PROTOCOL', `a frame of ${length} bytes; the limit is ${maxFrameBytes}`)
    return this.#frames.take(length)
  }
}
