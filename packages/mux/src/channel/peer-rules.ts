import { type Protocol, tcpDataHeaderBytes } from '@ls/codec'
import { decodeConnect, decodeDisconnect, decodeWindow } from '@ls/codec/messages'
import { MuxError } from '../errors.js'
import type { ReceiveWindow } from '../flow/receive-window.js'
import type { CompressedData } from '../session/compressed-data.js'

// Rules that a peer must keep on a channel (protocol.md §1 and §3), whether the channel ends here or is forwarded.

/**
 * Largest datagram message: 65,535 bytes with its header and two addresses of 255 bytes; no larger datagram can arrive
 * from a network.
 */
export const maxDatagramMessageBytes = 65_535 + tcpDataHeaderBytes + 2 * (1 + 255 + 2)

/**
 * Largest message to base peers: every deployed one accepts this much. pywssocks closes the link above 1 MiB, and seems
 * to count the bytes that permessage-deflate adds between two of them, so 8 KiB are left for that.
 */
export const maxBaseMessageBytes = 1_040_384

/** Largest payload of uncompressed TCP Data to base peers. */
export const maxBasePayloadBytes = maxBaseMessageBytes - tcpDataHeaderBytes

/**
 * Checks Data from a peer.
 *
 * @throws MuxError for Data behind Fin, and for Data whose protocol is not its channel's, which would get around its
 *   limits.
 */
export function checkData(data: Uint8Array, protocol: Protocol, finReceived: boolean): void {
  if (finReceived) throw new MuxError('ERR_MUX_PROTOCOL', 'Data came after Fin')
  if (data[protocolOffset] === protocolNumber[protocol]) return
  throw new MuxError('ERR_MUX_PROTOCOL', `Data of protocol ${data[protocolOffset]} came on a ${protocol} channel`)
}

/** Version(1) Type(1) Protocol(1) …; 1 is TCP, 2 is UDP (protocol.md §1). */
const protocolOffset = 2
const protocolNumber = { tcp: 1, udp: 2 } as const

/** Returns the session's code for compressed Data. @throws MuxError without any */
export function compressionOf({ compressed }: { readonly compressed: CompressedData | undefined }): CompressedData {
  if (compressed !== undefined) return compressed
  throw new MuxError('ERR_MUX_PROTOCOL', 'compressed data, and nothing to inflate it')
}

/** Subtracts `bytes` that arrived from the peer's credit. @throws MuxError when it was granted less */
export function spendCredit(window: ReceiveWindow, bytes: number): void {
  if (window.spend(bytes)) return
  const { sizeBytes, creditBytes } = window
  const text = `window of ${sizeBytes} bytes overspent: ${bytes} bytes came, ${creditBytes} were left`
  throw new MuxError('ERR_MUX_PROTOCOL', text)
}

/** Returns the credit that a Window message grants. */
export function grantOf(message: Uint8Array): number {
  return decodeWindow(message).creditBytes
}

/**
 * Gives the credit of a Window message to `sender`. @throws MuxError when the sum exceeds the largest possible window
 */
export function receiveGrant(message: Uint8Array, sender: { addCredit(bytes: number): boolean }): void {
  const bytes = grantOf(message)
  if (sender.addCredit(bytes)) return
  throw new MuxError('ERR_MUX_PROTOCOL', `Window of ${bytes} bytes raises the credit above 4294967295`)
}

/**
 * Checks a second Connect for an existing channel. With several links go 1.10.3 sends Connect again for channels that
 * work, so that is no error.
 *
 * @throws MuxError ERR_MUX_PROTOCOL unless it only resumes the channel
 */
export function receiveSecondConnect(message: Uint8Array): void {
  if (decodeConnect(message).resume === true) return
  throw new MuxError('ERR_MUX_PROTOCOL', 'Connect came for a channel that exists')
}

/** Returns the peer's reason for ending a channel; empty where it gives none. */
export function errorOfDisconnect(message: Uint8Array): string {
  return decodeDisconnect(message).error ?? ''
}
