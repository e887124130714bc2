import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib'
import type { CodecError } from '../errors.js'
import type { Inflating, InflationOwner } from './compression.js'
import { badGzip, type GzipFrame, readGzipFrame } from './gzip-frame.js'

/**
 * Inflates one gzip stream off the event loop in pieces, as fast as the owner accepts them. It needs memory for two
 * pieces, for any inflated size.
 */
export class Inflation implements Inflating {
  readonly #frame: GzipFrame
  readonly #owner: InflationOwner
  readonly #stream: InflateRaw
  #inflatedBytes = 0
  #crc = 0

  /**
   * @throws CodecError `ERR_CODEC_INFLATED_TOO_LARGE` when it would inflate to more than `maxInflatedBytes`,
   * `ERR_CODEC_BAD_GZIP` when it is no gzip stream
   */
  constructor(gzip: Uint8Array, maxInflatedBytes: number, owner: InflationOwner) {
    this.#frame = readGzipFrame(gzip, maxInflatedBytes)
    this.#owner = owner
    this.#stream = createInflateRaw({ chunkSize: inflationPieceBytes })
    this.#stream.on('data', (piece: Uint8Array) => this.#take(piece))
    this.#stream.on('end', () => this.#end())
    this.#stream.on('error', (cause) => this.#fail(badGzip('its deflate stream is broken', cause)))
    this.#stream.end(this.#frame.deflated)
  }

  onDrain(): void {
    this.#stream.resume()
  }

  stop(): void {
    this.#stream.destroy()
  }

  #take(piece: Uint8Array): void {
    this.#inflatedBytes += piece.length
    if (this.#inflatedBytes > this.#frame.inflatedBytes) {
      return this.#fail(badGzip(`it inflates past the ${this.#frame.inflatedBytes} bytes that its trailer says`))
    }
    this.#crc = crc32(piece, this.#crc)
    if (!this.#owner.onPiece(piece)) this.#stream.pause()
  }

  #end(): void {
    const { deflated, inflatedBytes, crc32: expected } = this.#frame
    const unread = deflated.length - this.#stream.bytesWritten
    if (unread > 0) return this.#fail(badGzip(`${unread} bytes follow the end of its deflate stream`))
    if (this.#inflatedBytes !== inflatedBytes) {
      return this.#fail(badGzip(`it inflates to ${this.#inflatedBytes} bytes, its trailer says ${inflatedBytes}`))
    }
    if (this.#crc !== expected) return this.#fail(badGzip(`its CRC-32 is ${this.#crc}, its trailer says ${expected}`))
    this.#owner.onDone()
  }

  #fail(error: CodecError): void {
    this.#stream.destroy()
    this.#owner.onError(error)
  }
}

/** Longest piece, in bytes. */
const inflationPieceBytes = 65_536
