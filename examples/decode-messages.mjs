// Reads LinkSocks messages as they arrive in WebSocket frames, from an untrusted peer.
import { CodecError, decode, encode, encodeTcpData, MessageType, newChannelId } from '@ls/codec'

const channelId = newChannelId()
const frames = [
  encode({
    type: MessageType.Connect,
    protocol: 'tcp',
    channelId,
    address: { host: 'example.com', port: 443 },
  }),
  encodeTcpData(channelId, new TextEncoder().encode('hello')),
  new Uint8Array([0x01, 0x03, 0x01]),
]

for (const frame of frames) console.log(describe(frame))

/** @param {Uint8Array} frame */
function describe(frame) {
  try {
    const message = decode(frame)
    if (message.type === MessageType.Connect && message.address) {
      return `connect to ${message.address.host}:${message.address.port}`
    }
    if (message.type === MessageType.Data) return `${message.payload.length} bytes`
    return `message of type ${message.type}`
  } catch (error) {
    if (error instanceof CodecError) return `${error.code}: ${error.message}`
    throw error
  }
}
