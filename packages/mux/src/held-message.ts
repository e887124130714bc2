import { type Protocol, protocolVersion, tcpDataHeaderBytes } from '@ls/codec'
import { MuxError } from './errors.js'

/** Memory a waiting message takes beside its bytes: the view, its slot, its share of the buffer below. */
export const messageOverheadBytes = 128

/** Memory of inflating in pieces, in bytes: 40 KiB of zlib's, and a piece of 64 KiB. */
export const inflationBytes = 106_496

/** A datagram of 65,535 bytes with its header and two addresses of 255 bytes; nothing larger comes off a network. */
export const maxDatagramMessageBytes = 65_535 + tcpDataHeaderBytes + 2 * (1 + 255 + 2)

/**
 * The same bytes, fit to be kept: transports hand out views, and a short one that waits would keep the whole chunk that
 * it was read in alive. A third of it is enough: a chunk of 64 KiB holds two of our largest messages, hardly one more.
 */
export function detached(bytes: Uint8Array): Uint8Array {
  if (bytes.length * 3 >= bytes.buffer.byteLength) return bytes
  const copy = new Uint8Array(bytes.length)
  copy.set(bytes)
  return copy
}

/** @throws MuxError for a Data message whose protocol is not its channel's, which would get around its limits. */
export function checkProtocol(data: Uint8Array, protocol: Protocol): void {
  if (data[protocolOffset] === protocolNumber[protocol]) return
  throw new MuxError('ERR_MUX_PROTOCOL', `Data of protocol ${data[protocolOffset]} came on a ${protocol} channel`)
}

/** Version(1) Type(1) Protocol(1) …; 1 is TCP, 2 is UDP (protocol.md §1). */
const protocolOffset = 2
const protocolNumber = { tcp: 1, udp: 2 } as const

/** Deployed peers write another minor version than ours, and some accept none but ours (docs/interop.md). */
export function inOurVersion(message: Uint8Array): Uint8Array {
  const kept = detached(message)
  kept[0] = protocolVersion
  return kept
}
