import type { Protocol } from '@ls/codec'

/** A packet of a Wisp client (Wisp 1.2, "Packet types"). Numbers are little-endian. */
export type WispPacket =
  | {
      readonly type: 'connect'
      readonly stream: number
      /** Protocol of the stream; undefined for an unknown one. */
      readonly protocol: Protocol | undefined
      readonly host: string
      readonly port: number
    }
  | { readonly type: 'data'; readonly stream: number; readonly payload: Uint8Array }
  | { readonly type: 'close'; readonly stream: number; readonly reason: number }
  | { readonly type: 'unknown'; readonly stream: number }

/** Reasons of the end of a stream (Wisp 1.2, "CLOSE"). */
export const WispClose = {
  /** Ended in order. */
  Voluntary: 0x02,
  /** The network failed. */
  NetworkError: 0x03,
  /** The request for the stream is not valid. */
  Invalid: 0x41,
  /** The target cannot be reached. */
  Unreachable: 0x42,
  /** The target did not answer in time. */
  Timeout: 0x43,
  /** The target refused the connection. */
  Refused: 0x44,
  /** The rules of the server do not allow it. */
  Blocked: 0x48,
  /** There are too many streams. */
  Throttled: 0x49,
} as const

const packetType = { connect: 0x01, data: 0x02, continue: 0x03, close: 0x04 } as const
const protocols: Readonly<Record<number, Protocol>> = { 1: 'tcp', 2: 'udp' }

/** Length of type and stream number. */
const headBytes = 5

/** Parses a packet; undefined for invalid bytes. The payload is a view. */
export function parsePacket(bytes: Uint8Array): WispPacket | undefined {
  if (bytes.length < headBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stream = view.getUint32(1, true)
  switch (view.getUint8(0)) {
    case packetType.connect:
      return parseConnect(view, bytes, stream)
    case packetType.data:
      return { type: 'data', stream, payload: bytes.subarray(headBytes) }
    case packetType.close:
      return { type: 'close', stream, reason: bytes[headBytes] ?? WispClose.Voluntary }
    default:
      return { type: 'unknown', stream }
  }
}

/** Length of protocol and port of the stream. */
const connectBytes = 3

function parseConnect(view: DataView, bytes: Uint8Array, stream: number): WispPacket | undefined {
  if (bytes.length < headBytes + connectBytes) return undefined
  const protocol = protocols[view.getUint8(headBytes)]
  const port = view.getUint16(headBytes + 1, true)
  const host = new TextDecoder().decode(bytes.subarray(headBytes + connectBytes)).trim()
  return { type: 'connect', stream, protocol, host, port }
}

/** Encodes bytes of a stream for the client. */
export function encodeData(stream: number, payload: Uint8Array): Uint8Array {
  const packet = packetOf(packetType.data, stream, payload.length)
  packet.set(payload, headBytes)
  return packet
}

/** Encodes credit for `packets` more of a stream; on stream 0, of each stream that begins. */
export function encodeContinue(stream: number, packets: number): Uint8Array {
  const packet = packetOf(packetType.continue, stream, 4)
  new DataView(packet.buffer).setUint32(headBytes, packets, true)
  return packet
}

/** Encodes the end of a stream. */
export function encodeClose(stream: number, reason: number): Uint8Array {
  const packet = packetOf(packetType.close, stream, 1)
  packet[headBytes] = reason
  return packet
}

function packetOf(type: number, stream: number, payloadBytes: number): Uint8Array {
  const packet = new Uint8Array(headBytes + payloadBytes)
  packet[0] = type
  new DataView(packet.buffer).setUint32(1, stream, true)
  return packet
}
