import { CodecError } from '../errors.js'
import { maxMessageBytes } from '../limits.js'
import { majorVersion } from '../version.js'
import { MessageType } from './message-type.js'

/** Version(1) Type(1): where every body starts. */
export const messageHeaderBytes = 2

/**
 * The type byte of a message, known to us or not.
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
 * Where the 16 id bytes of a message of this type begin, or -1 for a type without an id. The message may be too
 * short to hold them; `channelKey` checks.
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

/** Before anything reads a message: the largest that every peer accepts. */
export function checkMessageSize(bytes: Uint8Array): void {
  if (bytes.length <= maxMessageBytes) return
  throw new CodecError('ERR_CODEC_TOO_LARGE', `the message has ${bytes.length} bytes, the limit is ${maxMessageBytes}`)
}

function unknownVersion(version: number): CodecError {
  const text = `${version >> 4}.${version & 0x0f}`
  return new CodecError('ERR_CODEC_VERSION', `the message has protocol version ${text}, readable is ${majorVersion}.x`)
}
