import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { parseEarlyDataBytes } from '@ls/codec'
import { textOf } from '@ls/foundation'
import { placeOf } from '../connect/url.js'
import { TransportError } from '../errors.js'
import type { UpgradeRefusal } from '../listen/refuse-upgrade.js'
import type { UnprovenLimits } from '../websocket/read-allowance.js'

/** Pattern of either alphabet of base64 (RFC 4648 §4 and §5), without padding. */
const base64 = /^[\w+/-]+$/

/** Pattern of a list of tokens, the only form that RFC 6455 §4.1 allows in the header. */
const tokens = /^[\w!#$%&'*+.^`|~-]+(?:[ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*$/

/** Answer to Sec-WebSocket-Protocol, from the upgrade until its response is written. */
const echoes = new WeakMap<IncomingMessage, string>()

/**
 * Encodes the first of `messages` that together fit into `limitBytes`, one subprotocol each: base64url without padding.
 * A single message looks as V2Ray and Xray send it. Empty and repeated messages cannot be encoded so, nor those after
 * them.
 */
export function encodeEarlyData(messages: readonly Uint8Array[], limitBytes: number): string[] {
  const protocols: string[] = []
  let leftBytes = limitBytes
  for (const { buffer, byteOffset, length } of messages) {
    const protocol = Buffer.from(buffer, byteOffset, length).toString('base64url')
    leftBytes -= length
    if (leftBytes < 0 || length === 0 || protocols.includes(protocol)) break
    protocols.push(protocol)
  }
  return protocols
}

/**
 * Decodes the messages in such a header, the standard alphabet and padding accepted as well; undefined if it holds
 * none.
 */
export function decodeEarlyData(header: string): Buffer[] | undefined {
  const messages: Buffer[] = []
  for (const protocol of header.split(',')) {
    const text = protocol.trim().replaceAll('=', '')
    // A single digit has six bits, which is no byte.
    if (!base64.test(text) || text.length % 4 === 1) return undefined
    messages.push(Buffer.from(text, 'base64url'))
  }
  return messages
}

/** Returns the early data of an upgrade request, one message for each of its subprotocols. */
export function readEarlyData({ 'sec-websocket-protocol': header }: IncomingHttpHeaders): readonly Buffer[] {
  return header === undefined ? [] : (decodeEarlyData(header) ?? [])
}

/**
 * Removes the early data from an upgrade request. Another header stays as an ordinary subprotocol; an invalid one is
 * removed.
 */
export function takeEarlyData(request: IncomingMessage): readonly Buffer[] {
  const header = request.headers['sec-websocket-protocol']
  if (header === undefined) return []
  const messages = decodeEarlyData(header)
  if (messages !== undefined) echoes.set(request, header.split(',', 1)[0]?.trim() ?? header)
  if (messages !== undefined || !tokens.test(header)) delete request.headers['sec-websocket-protocol']
  return messages ?? []
}

/** Returns the fault of early data from an unauthenticated client; undefined if there is none. */
export function earlyDataFault(
  messages: readonly Uint8Array[],
  unproven: UnprovenLimits | undefined,
): UpgradeRefusal | undefined {
  if (unproven === undefined) return undefined
  const { messageBytes, totalBytes } = unproven
  const longest = Math.max(0, ...messages.map(({ length }) => length))
  const total = sumBytes(messages)
  if (longest <= messageBytes && total <= totalBytes) return undefined
  const limits = `a message may have ${messageBytes} bytes, all together ${totalBytes}`
  return { status: 413, text: `Early data of ${total} bytes, ${longest} in one message: ${limits}.` }
}

/** Returns the total size of early data. */
function sumBytes(messages: readonly Uint8Array[]): number {
  return messages.reduce((bytes, { length }) => bytes + length, 0)
}

/** Adds the answer to the lines of a response: exactly the first offer of the client (RFC 6455 §4.2.2). */
export function echoEarlyData(lines: string[], request: IncomingMessage): void {
  const echo = echoes.get(request)
  if (echo !== undefined) lines.push(`Sec-WebSocket-Protocol: ${echo}`)
}

/**
 * Removes `ed=2048` from a URL, in which V2Ray and Xray give the bytes of early data that a server accepts.
 *
 * @throws TransportError `ERR_TRANSPORT_BAD_URL` when it is no number from 0 to 4096
 *
 * @example
 * ```ts
 * splitEarlyData(new URL('wss://example.org/path?ed=2048')).earlyDataBytes // 2048
 * ```
 */
export function splitEarlyData(url: URL): { url: URL; earlyDataBytes: number | undefined } {
  const earlyDataBytes = earlyDataBytesOf(url)
  if (earlyDataBytes === undefined) return { url, earlyDataBytes }
  const rest = new URL(url)
  rest.searchParams.delete('ed')
  return { url: rest, earlyDataBytes }
}

function earlyDataBytesOf(url: URL): number | undefined {
  try {
    return parseEarlyDataBytes(url.searchParams.get('ed'), placeOf(url))
  } catch (error) {
    throw new TransportError('ERR_TRANSPORT_BAD_URL', textOf(error))
  }
}
