import { channelIdOffset, type ChannelKey, channelKey, MessageType, peekType } from '@ls/codec'
import { encodeUrgent } from '@ls/codec/messages'

/** What copies need to know of messages, so that their code imports no code of the codec (see bulk.ts). */
export interface CopiedMessages {
  /** Returns the channel of a message; undefined for one without a channel. */
  channelOf(message: Uint8Array): ChannelKey | undefined
  /** Makes the copy of message `sequence`. */
  copyOf(sequence: number, message: Uint8Array): Uint8Array
}

export const copiedMessages: CopiedMessages = {
  channelOf(message) {
    const type = peekType(message)
    if (type === MessageType.Connector || type === MessageType.ConnectorResponse) return undefined
    const offset = channelIdOffset(type)
    return offset < 0 ? undefined : channelKey(message, offset)
  },
  copyOf: (sequence, message) => encodeUrgent({ sequence, message }),
}
