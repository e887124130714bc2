import { DirectError } from '../errors.js'

/**
 * Largest frame, in bytes: Go sends at most 1 MiB of payload in a message. Two more frames of that size may wait, one
 * for each direction of a stream.
 */
const maxFrameBytes = 2_097_152
const headerBytes = 4

/** Puts the length before a message. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(headerBytes + message.length)
  frame.writeUInt32BE(message.length)
  frame.set(message, headerBytes)
  return frame
}

/** Splits the bytes of a stream into frames: Length(4) and a message. */
export class FrameReader {
  #chunks: Uint8Array[] = []
  #bytes = 0

  /** Takes bytes, and returns the messages that are complete. @throws DirectError for a frame that is too long */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#needed) return []
    const messages: Uint8Array[] = []
    let rest = Buffer.concat(this.#chunks)
    while (rest.length >= headerBytes) {
      const end = headerBytes + lengthOf(rest)
      if (rest.length < end) break
      messages.push(rest.subarray(headerBytes, end))
      rest = rest.subarray(end)
    }
    this.#chunks = [rest]
    this.#bytes = rest.length
    this.#needed = rest.length < headerBytes ? headerBytes : headerBytes + lengthOf(rest)
    return messages
  }

  /** Bytes after which a frame is complete, so that a long one is put together once. */
  #needed = headerBytes
}

function lengthOf(bytes: Buffer): number {
  const length = bytes.readUInt32BE()
  if (length === 0 || length > maxFrameBytes)
    throw new DirectError('ERR_DIRECT_PROTOCOL', `a frame of ${length} bytes; the limit is ${maxFrameBytes}`)
  return length
}
