import { channelIdBytes } from './channel-id.js'
import { MessageType } from './message-type.js'
import { channelIdOffset } from './peek.js'

/** Bytes of a traceparent of version 00 (W3C Trace Context §3.2). */
const traceparentBytes = 55

const traceparentPattern = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/**
 * Appends a traceparent to a Connect (protocol.md §3.11). Only for peers that have agreed on `trace`.
 *
 * @throws RangeError for a text that is no traceparent of version 00
 */
export function appendTraceparent(connect: Uint8Array, traceparent: string): Uint8Array {
  if (!traceparentPattern.test(traceparent)) throw new RangeError(`"${traceparent}" is no traceparent of version 00`)
  const message = new Uint8Array(connect.length + 2 + traceparentBytes)
  message.set(connect)
  message[connect.length + 1] = traceparentBytes
  for (let index = 0; index < traceparentBytes; index++)
    message[connect.length + 2 + index] = traceparent.charCodeAt(index)
  return message
}

/** Returns the traceparent after a Connect that can be decoded; undefined without one, or for any other bytes. */
export function readTraceparent(connect: Uint8Array): string | undefined {
  const end = connectEnd(connect)
  if (connect[end] !== 0 || connect[end + 1] !== traceparentBytes) return undefined
  const text = String.fromCharCode(...connect.subarray(end + 2, end + 2 + traceparentBytes))
  return traceparentPattern.test(text) ? text : undefined
}

/** Returns the end of a Connect, where the byte that requests to resume a channel may follow. */
function connectEnd(connect: Uint8Array): number {
  const idOffset = channelIdOffset(MessageType.Connect)
  const addressOffset = idOffset + channelIdBytes
  const isTcp = connect[idOffset - 1] === tcp
  return isTcp ? addressOffset + 1 + (connect[addressOffset] ?? 0) + portBytes : addressOffset
}

const tcp = 1
const portBytes = 2
