import { allocate } from '../bytes/allocate.js'
import { checkBytes, checkId, checkInteger, checkOneOf } from '../bytes/check.js'
import { writeU32 } from '../bytes/writer.js'
import {
  compressionOffset,
  dataHeaderBytes,
  dataLengthOffset,
  gzip,
  idOffset,
  protocolOffset,
  tcp,
  uncompressed,
} from '../data-layout.js'
import { CodecError } from '../errors.js'
import { inflatedBytes } from '../gzip/gzip-frame.js'
import { maxMessageBytes } from '../limits.js'
import { protocolVersion } from '../version.js'
import { checkDataHeader } from './data-header.js'
import { MessageType } from './message-type.js'
import type { Compression } from './message.js'
import { checkMessage } from './peek.js'
import { compressions } from './vocabulary.js'

// Every proxied byte passes through this code: no objects, no Reader, one copy at most.

/** Length of the header before the payload of a TCP Data message, in bytes. */
export const tcpDataHeaderBytes = dataHeaderBytes

/** Largest payload of one TCP Data message, in bytes. */
export const maxTcpPayloadBytes = maxMessageBytes - tcpDataHeaderBytes

/**
 * Writes the header of a TCP Data message into a frame whose payload is already at `tcpDataHeaderBytes`, so that a
 * payload read or gathered in place is never copied again.
 *
 * @throws RangeError when the frame does not hold that payload, or the message would exceed `maxMessageBytes`.
 */
export function writeTcpDataHeader(
  frame: Uint8Array,
  channelId: Uint8Array,
  payloadBytes: number,
  compression: Compression = 'none',
): void {
  checkInteger(payloadBytes, 'payload length', 0, Math.min(maxTcpPayloadBytes, frame.length - tcpDataHeaderBytes))
  checkId(channelId, 'channel id')
  checkOneOf(compression, 'compression', compressions)
  frame[0] = protocolVersion
  frame[1] = MessageType.Data
  frame[protocolOffset] = tcp
  frame.set(channelId, idOffset)
  frame[compressionOffset] = compression === 'gzip' ? gzip : uncompressed
  writeU32(frame, dataLengthOffset, payloadBytes)
}

/** Encodes a TCP Data message with one allocation and one copy of the payload. */
export function encodeTcpData(channelId: Uint8Array, payload: Uint8Array, compression?: Compression): Uint8Array {
  checkBytes(payload, 'payload', 0, maxTcpPayloadBytes)
  const frame = allocate(tcpDataHeaderBytes + payload.length)
  writeTcpDataHeader(frame, channelId, payload.length, compression)
  frame.set(payload, tcpDataHeaderBytes)
  return frame
}

/**
 * Returns the payload of a TCP Data message as a view: a gzip stream where `isCompressed`. The same as `decode` gives,
 * for a fraction of its cost.
 *
 * @throws CodecError when the bytes are not one whole TCP Data message.
 */
export function readTcpDataPayload(bytes: Uint8Array): Uint8Array {
  const end = checkData(bytes)
  if (bytes[protocolOffset] !== tcp) throw new CodecError('ERR_CODEC_BAD_VALUE', 'the Data message is UDP, not TCP')
  return bytes.subarray(tcpDataHeaderBytes, end)
}

/** Whether the payload of this Data message is a gzip stream. */
export function isCompressed(bytes: Uint8Array): boolean {
  return bytes[compressionOffset] === gzip
}

/**
 * Returns the credit that this Data message uses of its channel's window (protocol.md §3): its uncompressed size, from
 * the gzip trailer without inflating. A wrong trailer is detected when it is inflated. UDP uses none.
 *
 * @throws CodecError when the bytes are not one whole Data message, or too short a gzip stream.
 */
export function dataCreditBytes(bytes: Uint8Array): number {
  const end = checkData(bytes)
  if (bytes[protocolOffset] !== tcp) return 0
  if (!isCompressed(bytes)) return end - tcpDataHeaderBytes
  return inflatedBytes(bytes.subarray(tcpDataHeaderBytes, end))
}

/** Checks a message that must be Data; returns the end of its payload. */
function checkData(bytes: Uint8Array): number {
  checkMessage(bytes, MessageType.Data)
  return checkDataHeader(bytes)
}
