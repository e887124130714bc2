import * as decoders from './decoders.js'
import * as json from './json-body.js'
import { MessageType } from './message-type.js'
import type * as M from './message.js'
import { checkMessageSize, peekType } from './peek.js'

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
  switch (type) {
    case MessageType.Data:
      return decoders.decodeData(bytes)
    case MessageType.Auth:
      return decoders.decodeAuth(bytes)
    case MessageType.AuthResponse:
      return decoders.decodeAuthResponse(bytes)
    case MessageType.Connect:
      return decoders.decodeConnect(bytes)
    case MessageType.ConnectResponse:
      return decoders.decodeConnectResponse(bytes)
    case MessageType.Disconnect:
      return decoders.decodeDisconnect(bytes)
    case MessageType.Connector:
      return decoders.decodeConnector(bytes)
    case MessageType.ConnectorResponse:
      return decoders.decodeConnectorResponse(bytes)
    case MessageType.Log:
      return json.decodeLog(bytes)
    case MessageType.Partners:
      return json.decodePartners(bytes)
    case MessageType.DirectCapabilities:
    case MessageType.DirectRendezvous:
    case MessageType.DirectStatus:
      return json.decodeDirect(type, bytes)
    default:
      return decodeExtension(type, bytes)
  }
}

/** Reads a message whose type the base protocol does not have: one of the extension (protocol.md §3), or unknown. */
function decodeExtension(type: number, bytes: Uint8Array): M.Message {
  switch (type) {
    case MessageType.Hello:
      return json.decodeHello(bytes)
    case MessageType.Window:
      return decoders.decodeWindow(bytes)
    case MessageType.Fin:
      return decoders.decodeFin(bytes)
    case MessageType.Ack:
      return decoders.decodeAck(bytes)
    case MessageType.Resume:
      return decoders.decodeResume(bytes)
    case MessageType.Resumed:
      return decoders.decodeResumed(bytes)
    case MessageType.Expose:
      return json.decodeExpose(bytes)
    case MessageType.Exposed:
      return json.decodeExposed(bytes)
    case MessageType.Lossy:
      return { type: MessageType.Lossy }
    case MessageType.Urgent:
      return decoders.decodeUrgent(bytes)
    case MessageType.Relink:
      return { type: MessageType.Relink }
    default:
      return { type: 'unknown', typeByte: type }
  }
}
