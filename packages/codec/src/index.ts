export { datagramTarget } from './message/address.js'
export {
  channelIdBytes,
  channelKey,
  formatChannelId,
  newChannelId,
  parseUuid,
  type ChannelKey,
} from './message/channel-id.js'
export { fflateCompressor, type Compressor, type Inflating, type InflationOwner } from './gzip/compression.js'
export { maxEarlyDataBytes, parseEarlyDataBytes } from './early-data.js'
export { decode } from './message/decode.js'
export { encode } from './message/encode.js'
export { CodecError, codecErrorCodes, type CodecErrorCode } from './errors.js'
export {
  defaultMaxInflatedBytes,
  defaultWindowBytes,
  maxAddressBytes,
  maxCreditBytes,
  maxErrorBytes,
  maxGraceSeconds,
  maxJsonBytes,
  maxMessageBytes,
  maxSecretBytes,
  maxTokenBytes,
} from './limits.js'
export { MessageType } from './message/message-type.js'
export type * from './message/message.js'
export { channelIdOffset, peekType } from './message/peek.js'
export {
  dataCreditBytes,
  encodeTcpData,
  isCompressed,
  maxTcpPayloadBytes,
  readTcpDataPayload,
  tcpDataHeaderBytes,
  writeTcpDataHeader,
} from './message/tcp-data.js'
export { appendTraceparent, readTraceparent } from './message/trace.js'
export { anonymousToken, directTarget, extensions, isDirectTarget, knownExtensions } from './message/vocabulary.js'
export { majorVersion, minorVersion, protocolVersion } from './version.js'
