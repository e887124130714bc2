import { channelIdBytes, channelIdOffset, channelKey, MessageType } from '@ls/codec'
import { decodeConnect } from '@ls/codec/messages'
import { textOf } from '@ls/foundation'
import { ChannelEnd } from '../channel/channel-end.js'
import { disconnectMessage, linkLostText, rejectMessage } from '../channel/channel-messages.js'
import type { Channel } from '../channel/channel.js'
import { fullText } from './open-channel.js'
import type { SessionHandler } from './session-handler.js'
import type { ChannelHost, TableEntry } from './table-entry.js'

/** Session whose peer requests a channel. */
export interface ConnectHost extends ChannelHost {
  readonly full: boolean
  adopt(entry: TableEntry): boolean
  send(message: Uint8Array): void
}

/** Handles a Connect for a new channel: gives the channel to the owner of the session, or refuses it. */
export function receiveConnect(message: Uint8Array, host: ConnectHost, handler: SessionHandler): void {
  const offset = channelIdOffset(MessageType.Connect)
  // A copy: the message is a view into the transport's read buffer.
  const id = Uint8Array.from(message.subarray(offset, offset + channelIdBytes))
  if (host.full) return host.sendControl(rejectMessage(id, `forbidden: ${fullText(host.options)}`))
  let channel: ChannelEnd | undefined
  try {
    const connect = decodeConnect(message)
    if (connect.resume === true) return refuseResume(id, host, handler)
    const traceparent = host.options.trace?.read(message)
    const { protocol, address } = connect
    channel = new ChannelEnd({ host, id, protocol, address, initiator: false, traceparent })
    host.adopt(channel)
    askOwner(handler, channel)
  } catch (error) {
    const text = textOf(error)
    host.options.logger.warn({ err: error }, `channel refused: ${text}`)
    if (channel === undefined) host.sendControl(rejectMessage(id, `failed: ${text}`))
    else channel.abort(`failed: ${text}`)
  }
}

function askOwner(handler: SessionHandler, channel: Channel): void {
  if (handler.onConnect === undefined) channel.reject('forbidden: this end opens no channels for its peer')
  else handler.onConnect(channel)
}

/**
 * Refuses to resume a channel that `session` does not have. Its bytes in transit are lost: a new connection to the
 * target would continue in the middle of the stream.
 */
function refuseResume(id: Uint8Array, session: Pick<ConnectHost, 'send'>, handler: SessionHandler): void {
  if (handler.isElsewhere?.(channelKey(id)) !== true) session.send(disconnectMessage(id, linkLostText))
}
