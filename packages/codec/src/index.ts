export { datagramTarget } from './address.js'
export { channelIdBytes, channelKey, formatChannelId, newChannelId, parseUuid, type ChannelKey } from './channel-id.js'
export { fflateCompressor, type Compressor, type Inflating, type InflationOwner } from './compression.js'
export { decode } from './decode.js'
export { encode } from './encode.js'
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
export { MessageType } from './message-type.js'
export type * from './message.js'
export { channelIdOffset, peekType } from './peek.js'
export {
  dataCreditBytes,
  encodeTcpData,
  isCompressed,
  maxTcpPayloadBytes,
  readTcpDataPayload,
  tcpDataHeaderBytes,
  writeTcpDataHeader,
} from './tcp-data.js'
export { extensions } from './vocabulary.js'
export { majorVersion, minorVersion, protocolVersion } from './version.js'
