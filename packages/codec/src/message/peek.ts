import { Reader } from '../bytes/reader.js'
import { CodecError } from '../errors.js'
import { maxMessageBytes } from '../limits.js'
import { majorVersion } from '../version.js'
import { MessageType } from './message-type.js'

/** Size of Version(1) and Type(1), after which every body starts. */
export const messageHeaderBytes = 2

/**
 * Returns the type byte of a message, also an unknown one.
 *
 * @throws CodecError `ERR_CODEC_TRUNCATED` under 2 bytes, `ERR_CODEC_VERSION` for another major version.
 */
export function peekType(bytes: Uint8Array): number {
  if (bytes.length < messageHeaderBytes) {
    throw new CodecError('ERR_CODEC_TRUNCATED', `a message has at least 2 bytes, this one has ${bytes.length}`)
  }
  if (bytes[0]! >> 4 !== majorVersion) throw unknownVersion(bytes[0]!)
  return bytes[1]!
}

/**
 * Returns the position of the 16 id bytes in a message of this type, or -1 for a type without an id. The message may be
 * too short to hold them; `channelKey` checks.
 */
export function channelIdOffset(type: number): number {
  switch (type) {
    case MessageType.Data:
    case MessageType.Connect:
    case MessageType.ConnectResponse:
      return 3
    case MessageType.Disconnect:
    case MessageType.Connector:
    case MessageType.ConnectorResponse:
    case MessageType.Window:
    case MessageType.Fin:
      return 2
    default:
      return -1
  }
}

/** Checks the size before a message is read: the largest is the one that every peer accepts. */
export function checkMessageSize(bytes: Uint8Array): void {
  if (bytes.length <= maxMessageBytes) return
  throw new CodecError('ERR_CODEC_TOO_LARGE', `the message has ${bytes.length} bytes, the limit is ${maxMessageBytes}`)
}

/** Checks the size, the version and the type of a message. @throws CodecError for any other bytes */
export function checkMessage(bytes: Uint8Array, type: number): void {
  checkMessageSize(bytes)
  const given = peekType(bytes)
  if (given !== type) throw new CodecError('ERR_CODEC_BAD_VALUE', `the message has type ${given}, wanted is ${type}`)
}

/** Returns a reader of the body of a message. @throws CodecError for a message of another type */
export function bodyOf(bytes: Uint8Array, type: number): Reader {
  checkMessage(bytes, type)
  return new Reader(bytes, messageHeaderBytes)
}

function unknownVersion(version: number): CodecError {
  const text = `${version >> 4}.${version & 0x0f}`
  return new CodecError('ERR_CODEC_VERSION', `the message has protocol version ${text}, readable is ${majorVersion}.x`)
}
