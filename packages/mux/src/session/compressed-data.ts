import {
  type Compressor,
  dataCreditBytes,
  defaultMaxInflatedBytes,
  encodeTcpData,
  maxTcpPayloadBytes,
  readTcpDataPayload,
} from '@ls/codec'
import type { ChannelHandler } from '../channel/channel-handler.js'
import { inflationBytes } from '../channel/held-message.js'
import { MuxError } from '../errors.js'

/** Gzip data that a consumer is inflating. */
export interface InflatingData {
  /** Memory until all of it is inflated and consumed. */
  readonly bytes: number
  /** Payload that is still to come from it. */
  payloadBytes: number
}

/** Size of a payload that is sent in one message. */
interface WholeSize {
  /** Bytes once it is inflated. */
  readonly bytes: number
  /** Most such bytes that the peer takes. */
  readonly maxBytes: number
}

/** Counts bytes that a consumer has from now on; `inflating` if it inflates them itself. */
type Hold = (bytes: number, inflating?: InflatingData) => void

/** Reads and writes Data whose payload is a gzip stream. A page has no such code (decision 118). */
export class CompressedData {
  readonly #compressor: Compressor | undefined

  constructor(compressor: Compressor | undefined) {
    this.#compressor = compressor
  }

  /**
   * Returns the size of a message's payload once it is inflated.
   *
   * @throws MuxError above the limit of one message, CodecError for too short a gzip stream
   */
  sizeOf(message: Uint8Array): number {
    const bytes = dataCreditBytes(message)
    checkInflatedBytes(bytes)
    return bytes
  }

  /** Gives a message's payload to `handler`: as it is if the handler inflates it itself, and otherwise inflated. */
  deliver(message: Uint8Array, handler: ChannelHandler | undefined, hold: Hold): void {
    const payload = readTcpDataPayload(message)
    const payloadBytes = dataCreditBytes(message)
    if (handler?.onCompressedData !== undefined) {
      const bytes = payload.length + inflationBytes
      hold(bytes, { bytes, payloadBytes })
      return handler.onCompressedData(payload, payloadBytes)
    }
    hold(payloadBytes)
    handler?.onData?.(this.inflate(payload, payloadBytes))
  }

  /** Inflates a payload to at most `maxBytes`. @throws MuxError without a compressor */
  inflate(gzip: Uint8Array, maxBytes: number): Uint8Array {
    return inflate(gzip, maxBytes, this.#compressor)
  }

  /**
   * Returns the message for a payload of `bytes` once it is inflated.
   *
   * @throws RangeError when the peer does not take it in one message
   */
  messageOf(channelId: Uint8Array, gzip: Uint8Array, size: WholeSize): Uint8Array {
    const { bytes, maxBytes } = size
    if (bytes <= maxBytes && gzip.length <= maxTcpPayloadBytes) return encodeTcpData(channelId, gzip, 'gzip')
    const limit = `the peer takes ${maxBytes} in one message`
    throw new RangeError(`the data inflates from ${gzip.length} to ${bytes} bytes; ${limit}`)
  }
}

/** Checks the payload of Data after inflating it. @throws MuxError above the limit of one message */
export function checkInflatedBytes(bytes: number): void {
  if (bytes <= defaultMaxInflatedBytes) return
  throw new MuxError('ERR_MUX_PROTOCOL', `Data inflates to ${bytes} bytes, the limit is ${defaultMaxInflatedBytes}`)
}

/** Inflates gzip data to at most `maxBytes`. @throws MuxError where the session has nothing to inflate it */
export function inflate(gzip: Uint8Array, maxBytes: number, compressor: Compressor | undefined): Uint8Array {
  if (compressor !== undefined) return compressor.gunzip(gzip, maxBytes)
  throw new MuxError('ERR_MUX_PROTOCOL', 'compressed data, and nothing to inflate it')
}
