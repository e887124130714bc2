import { Reader } from '../bytes/reader.js'
import { CodecError } from '../errors.js'
import { readAddress } from './address.js'
import { channelIdBytes } from './channel-id.js'
import {
  checkDataHeader,
  checkProtocol,
  compressionOffset,
  dataHeaderBytes,
  gzip,
  idOffset,
  protocolOffset,
  tcp,
} from './data-header.js'
import { decodeDirect, decodeExpose, decodeExposed, decodeHello, decodeLog, decodePartners } from './json-body.js'
import { MessageType } from './message-type.js'
import type * as M from './message.js'
import { checkMessageSize, messageHeaderBytes, peekType } from './peek.js'

/**
 * Reads one message. Ids and payloads are views into `bytes`, never copies. Bytes after the end of the message are
 * ignored, and so is the minor version; an unknown type gives an `UnknownMessage` (protocol.md §1). Invalid UTF-8 is
 * replaced by U+FFFD, since deployed peers send any bytes.
 *
 * @throws CodecError for bytes that are not a message, and no other error.
 *
 * @example
 * const message = decode(bytes)
 * if (message.type === MessageType.Data) socket.write(message.payload)
 */
export function decode(bytes: Uint8Array): M.Message {
  checkMessageSize(bytes)
  const type = peekType(bytes)
  if (type === MessageType.Data) return decodeData(bytes)
  return decodeBody(type, new Reader(bytes, messageHeaderBytes))
}

function decodeBody(type: number, reader: Reader): M.Message {
  switch (type) {
    case MessageType.Auth:
      return decodeAuth(reader)
    case MessageType.AuthResponse:
      return decodeAuthResponse(reader)
    case MessageType.Connect:
      return decodeConnect(reader)
    case MessageType.ConnectResponse:
      return decodeConnectResponse(reader)
    case MessageType.Disconnect:
      return decodeDisconnect(reader)
    case MessageType.Connector:
      return decodeConnector(reader)
    case MessageType.ConnectorResponse:
      return decodeConnectorResponse(reader)
    case MessageType.Log:
      return decodeLog(reader)
    case MessageType.Partners:
      return decodePartners(reader)
    case MessageType.DirectCapabilities:
    case MessageType.DirectRendezvous:
    case MessageType.DirectStatus:
      return decodeDirect(type, reader)
    case MessageType.Hello:
      return decodeHello(reader)
    case MessageType.Window:
      return decodeWindow(reader)
    case MessageType.Fin:
      return { type: MessageType.Fin, channelId: reader.id('Fin channel id') }
    case MessageType.Ack:
      return decodeAck(reader)
    case MessageType.Resume:
      return decodeResume(reader)
    case MessageType.Resumed:
      return decodeResumed(reader)
    case MessageType.Expose:
      return decodeExpose(reader)
    case MessageType.Exposed:
      return decodeExposed(reader)
    case MessageType.Lossy:
      return { type: MessageType.Lossy }
    case MessageType.Urgent:
      return decodeUrgent(reader)
    case MessageType.Relink:
      return { type: MessageType.Relink }
    default:
      return { type: 'unknown', typeByte: type }
  }
}

function decodeAuth(reader: Reader): M.AuthMessage {
  const token = reader.shortText('Auth token')
  if (token === '') throw new CodecError('ERR_CODEC_BAD_VALUE', 'Auth token has 0 bytes, it must have 1 to 255')
  const reverse = reader.flag('Auth reverse')
  return { type: MessageType.Auth, token, reverse, instance: reader.id('Auth instance') }
}

/** Reads an AuthResponse. A refusal may end before its error text: deployed servers send that. */
function decodeAuthResponse(reader: Reader): M.AuthResponseMessage {
  const success = reader.flag('AuthResponse success')
  const token = success ? readAppendedToken(reader) : undefined
  return {
    type: MessageType.AuthResponse,
    success,
    ...readError(reader, success, 'AuthResponse error'),
    ...(token !== undefined && { token }),
  }
}

/** Reads the token that only relays append; bytes of another form are ignored, as all bytes after a message. */
function readAppendedToken(reader: Reader): string | undefined {
  try {
    return reader.optionalText('AuthResponse token')
  } catch {
    return undefined
  }
}

function decodeConnect(reader: Reader): M.ConnectMessage {
  const protocol = reader.u8('Connect protocol')
  checkProtocol(protocol, 'Connect protocol')
  const channelId = reader.id('Connect channel id')
  if (protocol !== tcp) return { type: MessageType.Connect, protocol: 'udp', channelId, ...readResume(reader) }
  const address = readAddress(reader, 'Connect address')
  if (!address) throw new CodecError('ERR_CODEC_BAD_VALUE', 'Connect address has 0 bytes, it must have 1 to 255')
  return { type: MessageType.Connect, protocol: 'tcp', channelId, address, ...readResume(reader) }
}

/** Reads the byte that requests to resume a channel; older peers neither write nor read it. */
function readResume(reader: Reader): { resume?: true } {
  return !reader.ended && reader.flag('Connect resume') ? { resume: true } : {}
}

function decodeData(bytes: Uint8Array): M.DataMessage {
  const end = checkDataHeader(bytes)
  const channelId = bytes.subarray(idOffset, idOffset + channelIdBytes)
  const compression = bytes[compressionOffset] === gzip ? 'gzip' : 'none'
  const payload = bytes.subarray(dataHeaderBytes, end)
  const protocol = bytes[protocolOffset] === tcp ? 'tcp' : 'udp'
  // Filled in place: a spread costs 800 ns, ten times the rest.
  const message: Writable<M.DataMessage> = { type: MessageType.Data, protocol, channelId, compression, payload }
  if (protocol === 'udp') readUdpTail(new Reader(bytes, end), message)
  return message
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Reads two addresses as deployed peers write them, one as the older documents show it, or none. */
function readUdpTail(reader: Reader, message: Writable<M.DataMessage>): void {
  const source = reader.ended ? undefined : readAddress(reader, 'Data source')
  const target = reader.ended ? undefined : readAddress(reader, 'Data target')
  if (source) message.source = source
  if (target) message.target = target
}

function decodeConnectResponse(reader: Reader): M.ConnectResponseMessage {
  const success = reader.flag('ConnectResponse success')
  const channelId = reader.id('ConnectResponse channel id')
  return {
    type: MessageType.ConnectResponse,
    success,
    channelId,
    ...readError(reader, success, 'ConnectResponse error'),
  }
}

function decodeDisconnect(reader: Reader): M.DisconnectMessage {
  const channelId = reader.id('Disconnect channel id')
  return { type: MessageType.Disconnect, channelId, ...readError(reader, false, 'Disconnect error') }
}

function decodeConnector(reader: Reader): M.ConnectorMessage {
  const channelId = reader.id('Connector channel id')
  const token = reader.shortText('Connector token')
  const operation = reader.u8('Connector operation')
  if (operation === 1) return { type: MessageType.Connector, channelId, token, operation: 'add' }
  if (operation === 2) return { type: MessageType.Connector, channelId, token, operation: 'remove' }
  throw new CodecError('ERR_CODEC_BAD_VALUE', `Connector operation is ${operation}, known are 1 (add) and 2 (remove)`)
}

function decodeConnectorResponse(reader: Reader): M.ConnectorResponseMessage {
  const channelId = reader.id('ConnectorResponse channel id')
  const success = reader.flag('ConnectorResponse success')
  const token = success ? reader.optionalText('ConnectorResponse token') : undefined
  return {
    type: MessageType.ConnectorResponse,
    channelId,
    success,
    ...readError(reader, success, 'ConnectorResponse error'),
    ...(token !== undefined && { token }),
  }
}

function decodeWindow(reader: Reader): M.WindowMessage {
  const channelId = reader.id('Window channel id')
  const creditBytes = reader.u32('Window credit')
  if (creditBytes === 0) throw new CodecError('ERR_CODEC_BAD_VALUE', 'Window credit is 0, the least is 1')
  return { type: MessageType.Window, channelId, creditBytes }
}

function decodeResume(reader: Reader): M.ResumeMessage {
  const session = reader.id('Resume session')
  const secret = reader.shortBytes('Resume secret')
  if (secret.length === 0) {
    throw new CodecError('ERR_CODEC_BAD_VALUE', 'Resume secret has 0 bytes, it must have 1 to 255')
  }
  const sequence = reader.u64('Resume sequence')
  const urgent = !reader.ended && reader.flag('Resume urgent')
  return { type: MessageType.Resume, session, secret, sequence, ...(urgent && { urgent }) }
}

/** Reads an Ack. The arrival was appended for `ack2`: if fewer bytes follow, there is none. */
function decodeAck(reader: Reader): M.AckMessage {
  const sequence = reader.u64('Ack sequence')
  if (reader.remainingBytes < ackArrivalBytes) return { type: MessageType.Ack, sequence }
  const arrival = { atUs: reader.u32('Ack arrival'), delayUs: reader.u32('Ack delay') }
  return { type: MessageType.Ack, sequence, arrival }
}

const ackArrivalBytes = 8

function decodeResumed(reader: Reader): M.ResumedMessage {
  const success = reader.flag('Resumed success')
  const sequence = reader.u64('Resumed sequence')
  return { type: MessageType.Resumed, success, sequence, ...readError(reader, success, 'Resumed error') }
}

function decodeUrgent(reader: Reader): M.UrgentMessage {
  const sequence = reader.u64('Urgent sequence')
  if (sequence === 0) throw new CodecError('ERR_CODEC_BAD_VALUE', 'Urgent sequence is 0, the least is 1')
  return { type: MessageType.Urgent, sequence, message: reader.bytes(reader.remainingBytes, 'Urgent message') }
}

function readError(reader: Reader, success: boolean, field: string): { error?: string } {
  const error = success ? undefined : reader.optionalText(field)
  return error === undefined ? {} : { error }
}
