import { checkBytes, checkId, checkInteger, checkOneOf, checkText } from '../bytes/check.js'
import { cutText } from '../bytes/text.js'
import { Writer } from '../bytes/writer.js'
import { dataHeaderBytes, gzip, tcp, udp, uncompressed } from '../data-layout.js'
import { maxCreditBytes, maxErrorBytes, maxMessageBytes, maxSecretBytes, maxTokenBytes } from '../limits.js'
import { encodeAddress, noAddress, writeAddress } from './address.js'
import { channelIdBytes } from './channel-id.js'
import { MessageType } from './message-type.js'
import type * as M from './message.js'
import { messageHeaderBytes } from './peek.js'
import { encodeTcpData } from './tcp-data.js'
import { compressions, connectorOperations, protocols } from './vocabulary.js'

// One function for each message, so that a program loads only those that it sends. Those with JSON are in json-body.ts.

/** Content of a message. */
type Fields<Message extends M.KnownMessage> = Omit<Message, 'type'>

/**
 * Writes an Auth.
 *
 * @throws TypeError for a value of the wrong kind, RangeError for one outside its limits; so do the other functions
 */
export function encodeAuth(message: Fields<M.AuthMessage>): Uint8Array {
  const token = checkText(message.token, 'Auth token', 1, maxTokenBytes)
  const instance = checkId(message.instance, 'Auth instance')
  return new Writer(MessageType.Auth, 2 + token.length + channelIdBytes)
    .short(token)
    .flag(message.reverse)
    .raw(instance).bytes
}

/** Writes an AuthResponse. */
export function encodeAuthResponse({ success, error, token }: Fields<M.AuthResponseMessage>): Uint8Array {
  const tail = success && token !== undefined ? tokenTail(token, 'AuthResponse token') : errorTail(success, error)
  return new Writer(MessageType.AuthResponse, 1 + tail.length).flag(success).raw(tail).bytes
}

/** Writes a Connect. */
export function encodeConnect({ protocol, channelId, address, resume }: Fields<M.ConnectMessage>): Uint8Array {
  checkOneOf(protocol, 'Connect protocol', protocols)
  checkId(channelId, 'Connect channel id')
  if ((protocol === 'tcp') !== (address !== undefined)) {
    throw new TypeError(`Connect over ${protocol} must ${address ? 'not ' : ''}have an address`)
  }
  const tail = resume === true ? oneByte : nothing
  if (!address) {
    const writer = new Writer(MessageType.Connect, 1 + channelIdBytes + tail.length)
    return writer.u8(udp).raw(channelId).raw(tail).bytes
  }
  const encoded = encodeAddress(address, 'Connect address')
  const writer = new Writer(MessageType.Connect, 1 + channelIdBytes + encoded.sizeBytes + tail.length)
  return writeAddress(writer.u8(tcp).raw(channelId), encoded).raw(tail).bytes
}

/** Value of an appended flag that is set. */
const oneByte = Uint8Array.of(1)
const nothing = new Uint8Array(0)

/** Writes a Data. */
export function encodeData(message: Fields<M.DataMessage>): Uint8Array {
  const { protocol, channelId, compression, payload } = message
  if (checkOneOf(protocol, 'Data protocol', protocols) === 'udp') return encodeUdpData(message)
  if (message.source || message.target) throw new TypeError('Data over tcp must not have a source or target')
  return encodeTcpData(channelId, payload, compression)
}

/**
 * Writes a Data with a datagram. It has both addresses always, as deployed peers expect; an absent one has length and
 * port 0.
 */
export function encodeUdpData(message: Omit<Fields<M.DataMessage>, 'protocol'>): Uint8Array {
  const { channelId, compression, payload, source, target } = message
  checkId(channelId, 'Data channel id')
  checkOneOf(compression, 'Data compression', compressions)
  const from = source ? encodeAddress(source, 'Data source') : noAddress
  const to = target ? encodeAddress(target, 'Data target') : noAddress
  const frameBytes = dataHeaderBytes + from.sizeBytes + to.sizeBytes
  checkBytes(payload, 'Data payload', 0, maxMessageBytes - frameBytes)
  const writer = new Writer(MessageType.Data, frameBytes - messageHeaderBytes + payload.length)
    .u8(udp)
    .raw(channelId)
    .u8(compression === 'gzip' ? gzip : uncompressed)
    .u32(payload.length)
    .raw(payload)
  return writeAddress(writeAddress(writer, from), to).bytes
}

/** Writes a ConnectResponse. */
export function encodeConnectResponse({ success, channelId, error }: Fields<M.ConnectResponseMessage>): Uint8Array {
  checkId(channelId, 'ConnectResponse channel id')
  const tail = errorTail(success, error)
  return new Writer(MessageType.ConnectResponse, 1 + channelIdBytes + tail.length)
    .flag(success)
    .raw(channelId)
    .raw(tail).bytes
}

/** Writes a Disconnect. */
export function encodeDisconnect({ channelId, error }: Fields<M.DisconnectMessage>): Uint8Array {
  checkId(channelId, 'Disconnect channel id')
  const tail = error ? errorTail(false, error) : nothing
  return new Writer(MessageType.Disconnect, channelIdBytes + tail.length).raw(channelId).raw(tail).bytes
}

/** Writes a Connector. */
export function encodeConnector({ channelId, token, operation }: Fields<M.ConnectorMessage>): Uint8Array {
  checkId(channelId, 'Connector channel id')
  checkOneOf(operation, 'Connector operation', connectorOperations)
  const encoded = checkText(token, 'Connector token', 0, maxTokenBytes)
  return new Writer(MessageType.Connector, channelIdBytes + 2 + encoded.length)
    .raw(channelId)
    .short(encoded)
    .u8(operation === 'add' ? 1 : 2).bytes
}

/** Writes a ConnectorResponse. */
export function encodeConnectorResponse({
  channelId,
  success,
  error,
  token,
}: Fields<M.ConnectorResponseMessage>): Uint8Array {
  checkId(channelId, 'ConnectorResponse channel id')
  const tail = success && token !== undefined ? tokenTail(token, 'ConnectorResponse token') : errorTail(success, error)
  return new Writer(MessageType.ConnectorResponse, channelIdBytes + 1 + tail.length)
    .raw(channelId)
    .flag(success)
    .raw(tail).bytes
}

/** Writes a Fin. */
export function encodeFin({ channelId }: Fields<M.FinMessage>): Uint8Array {
  return new Writer(MessageType.Fin, channelIdBytes).raw(checkId(channelId, 'Fin channel id')).bytes
}

/** Writes a Window. */
export function encodeWindow({ channelId, creditBytes }: Fields<M.WindowMessage>): Uint8Array {
  checkId(channelId, 'Window channel id')
  checkInteger(creditBytes, 'Window credit', 1, maxCreditBytes)
  return new Writer(MessageType.Window, channelIdBytes + 4).raw(channelId).u32(creditBytes).bytes
}

/** Writes a Resume. */
export function encodeResume({ session, secret, sequence, urgent }: Fields<M.ResumeMessage>): Uint8Array {
  checkId(session, 'Resume session')
  checkBytes(secret, 'Resume secret', 1, maxSecretBytes)
  checkSequence(sequence, 'Resume sequence')
  const tail = urgent === true ? oneByte : nothing
  const writer = new Writer(MessageType.Resume, channelIdBytes + 9 + secret.length + tail.length)
  return writer.raw(session).short(secret).u64(sequence).raw(tail).bytes
}

/** Writes an Ack. */
export function encodeAck({ sequence, arrival }: Fields<M.AckMessage>): Uint8Array {
  checkSequence(sequence, 'Ack sequence')
  if (arrival === undefined) return new Writer(MessageType.Ack, 8).u64(sequence).bytes
  const atUs = checkInteger(arrival.atUs, 'Ack arrival', 0, 0xffff_ffff)
  const delayUs = checkInteger(arrival.delayUs, 'Ack delay', 0, 0xffff_ffff)
  return new Writer(MessageType.Ack, 16).u64(sequence).u32(atUs).u32(delayUs).bytes
}

/** Writes a Resumed. */
export function encodeResumed({ success, sequence, error }: Fields<M.ResumedMessage>): Uint8Array {
  checkSequence(sequence, 'Resumed sequence')
  const tail = errorTail(success, error)
  return new Writer(MessageType.Resumed, 9 + tail.length).flag(success).u64(sequence).raw(tail).bytes
}

/** Writes ErrorLen(1) Error. A failure has the length byte even without text: deployed peers require it. */
function errorTail(success: boolean, error = ''): Uint8Array {
  if (success) return nothing
  if (typeof error !== 'string') throw new TypeError('error must be a string')
  const text = cutText(error, maxErrorBytes)
  const tail = new Uint8Array(1 + text.length)
  tail[0] = text.length
  tail.set(text, 1)
  return tail
}

/** Writes TokenLen(1) Token. */
function tokenTail(token: string, field: string): Uint8Array {
  const text = checkText(token, field, 1, maxTokenBytes)
  return Uint8Array.of(text.length, ...text)
}

/** Writes a Lossy. */
export function encodeLossy(): Uint8Array {
  return new Writer(MessageType.Lossy, 0).bytes
}

/** Writes a Relink. */
export function encodeRelink(): Uint8Array {
  return new Writer(MessageType.Relink, 0).bytes
}

/** Writes an Urgent. */
export function encodeUrgent({ sequence, message }: Fields<M.UrgentMessage>): Uint8Array {
  checkInteger(sequence, 'Urgent sequence', 1, Number.MAX_SAFE_INTEGER)
  checkBytes(message, 'Urgent message', 0, maxMessageBytes - urgentHeaderBytes)
  return new Writer(MessageType.Urgent, 8 + message.length).u64(sequence).raw(message).bytes
}

const urgentHeaderBytes = messageHeaderBytes + 8

function checkSequence(sequence: number, field: string): number {
  return checkInteger(sequence, field, 0, Number.MAX_SAFE_INTEGER)
}
