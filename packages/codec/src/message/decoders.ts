import { Reader } from '../bytes/reader.js'
import { compressionOffset, dataHeaderBytes, gzip, idOffset, protocolOffset, tcp } from '../data-layout.js'
import { CodecError } from '../errors.js'
import { readAddress } from './address.js'
import { channelIdBytes } from './channel-id.js'
import { checkDataHeader, checkProtocol } from './data-header.js'
import { MessageType } from './message-type.js'
import type * as M from './message.js'
import { bodyOf, checkMessage } from './peek.js'

// One function for each message, so that a program loads only those that it receives. Those with JSON are in
// json-body.ts.

/** Reads an Auth. @throws CodecError for other bytes, here and in the other functions */
export function decodeAuth(bytes: Uint8Array): M.AuthMessage {
  const reader = bodyOf(bytes, MessageType.Auth)
  const token = reader.shortText('Auth token')
  if (token === '') throw new CodecError('ERR_CODEC_BAD_VALUE', 'Auth token has 0 bytes, it must have 1 to 255')
  const reverse = reader.flag('Auth reverse')
  return { type: MessageType.Auth, token, reverse, instance: reader.id('Auth instance') }
}

/** Reads an AuthResponse. A refusal may end before its error text: deployed servers send that. */
export function decodeAuthResponse(bytes: Uint8Array): M.AuthResponseMessage {
  const reader = bodyOf(bytes, MessageType.AuthResponse)
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

/** Reads a Connect. */
export function decodeConnect(bytes: Uint8Array): M.ConnectMessage {
  const reader = bodyOf(bytes, MessageType.Connect)
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

/** Reads a Data of either protocol; its ids and payload are views. */
export function decodeData(bytes: Uint8Array): M.DataMessage {
  checkMessage(bytes, MessageType.Data)
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

/** Reads a ConnectResponse. */
export function decodeConnectResponse(bytes: Uint8Array): M.ConnectResponseMessage {
  const reader = bodyOf(bytes, MessageType.ConnectResponse)
  const success = reader.flag('ConnectResponse success')
  const channelId = reader.id('ConnectResponse channel id')
  return {
    type: MessageType.ConnectResponse,
    success,
    channelId,
    ...readError(reader, success, 'ConnectResponse error'),
  }
}

/** Reads a Disconnect. */
export function decodeDisconnect(bytes: Uint8Array): M.DisconnectMessage {
  const reader = bodyOf(bytes, MessageType.Disconnect)
  const channelId = reader.id('Disconnect channel id')
  return { type: MessageType.Disconnect, channelId, ...readError(reader, false, 'Disconnect error') }
}

/** Reads a Connector. */
export function decodeConnector(bytes: Uint8Array): M.ConnectorMessage {
  const reader = bodyOf(bytes, MessageType.Connector)
  const channelId = reader.id('Connector channel id')
  const token = reader.shortText('Connector token')
  const operation = reader.u8('Connector operation')
  if (operation === 1) return { type: MessageType.Connector, channelId, token, operation: 'add' }
  if (operation === 2) return { type: MessageType.Connector, channelId, token, operation: 'remove' }
  throw new CodecError('ERR_CODEC_BAD_VALUE', `Connector operation is ${operation}, known are 1 (add) and 2 (remove)`)
}

/** Reads a ConnectorResponse. */
export function decodeConnectorResponse(bytes: Uint8Array): M.ConnectorResponseMessage {
  const reader = bodyOf(bytes, MessageType.ConnectorResponse)
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

/** Reads a Window. */
export function decodeWindow(bytes: Uint8Array): M.WindowMessage {
  const reader = bodyOf(bytes, MessageType.Window)
  const channelId = reader.id('Window channel id')
  const creditBytes = reader.u32('Window credit')
  if (creditBytes === 0) throw new CodecError('ERR_CODEC_BAD_VALUE', 'Window credit is 0, the least is 1')
  return { type: MessageType.Window, channelId, creditBytes }
}

/** Reads a Fin. */
export function decodeFin(bytes: Uint8Array): M.FinMessage {
  const reader = bodyOf(bytes, MessageType.Fin)
  return { type: MessageType.Fin, channelId: reader.id('Fin channel id') }
}

/** Reads a Resume. */
export function decodeResume(bytes: Uint8Array): M.ResumeMessage {
  const reader = bodyOf(bytes, MessageType.Resume)
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
export function decodeAck(bytes: Uint8Array): M.AckMessage {
  const reader = bodyOf(bytes, MessageType.Ack)
  const sequence = reader.u64('Ack sequence')
  if (reader.remainingBytes < ackArrivalBytes) return { type: MessageType.Ack, sequence }
  const arrival = { atUs: reader.u32('Ack arrival'), delayUs: reader.u32('Ack delay') }
  return { type: MessageType.Ack, sequence, arrival }
}

const ackArrivalBytes = 8

/** Reads a Resumed. */
export function decodeResumed(bytes: Uint8Array): M.ResumedMessage {
  const reader = bodyOf(bytes, MessageType.Resumed)
  const success = reader.flag('Resumed success')
  const sequence = reader.u64('Resumed sequence')
  return { type: MessageType.Resumed, success, sequence, ...readError(reader, success, 'Resumed error') }
}

/** Reads an Urgent; its message is a view. */
export function decodeUrgent(bytes: Uint8Array): M.UrgentMessage {
  const reader = bodyOf(bytes, MessageType.Urgent)
  const sequence = reader.u64('Urgent sequence')
  if (sequence === 0) throw new CodecError('ERR_CODEC_BAD_VALUE', 'Urgent sequence is 0, the least is 1')
  return { type: MessageType.Urgent, sequence, message: reader.bytes(reader.remainingBytes, 'Urgent message') }
}

function readError(reader: Reader, success: boolean, field: string): { error?: string } {
  const error = success ? undefined : reader.optionalText(field)
  return error === undefined ? {} : { error }
}
