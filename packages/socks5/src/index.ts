export type { Authenticator } from '@ls/foundation'
export {
  ClientHandshake,
  type ClientHandshakeOptions,
  type ClientStep,
  type ClientVersion,
  type EstablishedStep,
} from './client-handshake.js'
export {
  type AddressType,
  type Destination,
  formatDestination,
  parseDestination,
  unspecifiedDestination,
} from './destination.js'
export { SocksError, type SocksErrorCode, socksErrorCodes, type SocksErrorOptions } from './errors.js'
export type { Established } from './established.js'
export type { FailedStep, NeedMoreStep, Parsed } from './handshake-reader.js'
export { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '@ls/foundation'
export {
  defaultAnswerTimeoutMs,
  defaultHandshakeTimeoutMs,
  defaultMaxHandshakes,
  lingerMs,
  maxCredentialBytes,
  maxDatagramBytes,
  maxDomainBytes,
  maxMessageBytes,
  maxUserIdBytes,
} from './limits.js'
export { decodeReplyCode, encodeReplyCode, type FailureCode, type ReplyCode } from './reply.js'
export type { SocksRequest } from './request.js'
export {
  type RequestStep,
  ServerHandshake,
  type ServerHandshakeOptions,
  type ServerStep,
  type SocksVersion,
} from './server-handshake.js'
export { decodeDestination, encodeDestination } from './socks5/address.js'
export { type Datagram, decodeDatagram, encodeDatagram } from './socks5/datagram.js'
export type { RequestCommand } from './socks5/messages.js'
