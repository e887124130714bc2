import * as encoders from './encoders.js'
import type { ExtensionMessage } from './extension-message.js'
import * as json from './json-body.js'
import { MessageType } from './message-type.js'
import type * as M from './message.js'

/**
 * Returns the bytes of a message. A small one is a view into a larger buffer, so pass on the view and never its
 * `buffer`. Error text over 255 bytes is cut between two characters, and text with a lone surrogate gets U+FFFD in its
 * place. Every `Message` that `decode` returned can be encoded again.
 *
 * @throws TypeError for a value of the wrong kind, RangeError for one outside its limits.
 *
 * @example
 * encode({ type: MessageType.Connect, protocol: 'tcp', channelId: newChannelId(), address: { host: '::1', port: 22 } })
 */
export function encode(message: M.KnownMessage): Uint8Array {
  switch (message.type) {
    case MessageType.Data:
      return encoders.encodeData(message)
    case MessageType.Auth:
      return encoders.encodeAuth(message)
    case MessageType.AuthResponse:
      return encoders.encodeAuthResponse(message)
    case MessageType.Connect:
      return encoders.encodeConnect(message)
    case MessageType.ConnectResponse:
      return encoders.encodeConnectResponse(message)
    case MessageType.Disconnect:
      return encoders.encodeDisconnect(message)
    case MessageType.Connector:
      return encoders.encodeConnector(message)
    case MessageType.ConnectorResponse:
      return encoders.encodeConnectorResponse(message)
    case MessageType.Log:
      return json.encodeLog(message)
    case MessageType.Partners:
      return json.encodePartners(message)
    case MessageType.DirectCapabilities:
    case MessageType.DirectRendezvous:
    case MessageType.DirectStatus:
      return json.encodeDirect(message)
    default:
      return encodeExtension(message)
  }
}

/** Returns the bytes of a message of the extension (protocol.md §3). */
function encodeExtension(message: ExtensionMessage): Uint8Array {
  switch (message.type) {
    case MessageType.Hello:
      return json.encodeHello(message)
    case MessageType.Window:
      return encoders.encodeWindow(message)
    case MessageType.Fin:
      return encoders.encodeFin(message)
    case MessageType.Ack:
      return encoders.encodeAck(message)
    case MessageType.Resume:
      return encoders.encodeResume(message)
    case MessageType.Resumed:
      return encoders.encodeResumed(message)
    case MessageType.Expose:
      return json.encodeExpose(message)
    case MessageType.Exposed:
      return json.encodeExposed(message)
    case MessageType.Lossy:
      return encoders.encodeLossy()
    case MessageType.Urgent:
      return encoders.encodeUrgent(message)
    case MessageType.Relink:
      return encoders.encodeRelink()
    default:
      throw new TypeError(`no message has the type ${String((message as { type: unknown }).type)}`)
  }
}
