import { channelIdOffset, type ChannelKey, channelKey, MessageType, peekType } from '@ls/codec'
import { decodeUrgent, encodeUrgent } from '@ls/codec/messages'
import { MuxError } from '../errors.js'

/** What the second transport needs to know of messages, so that its code imports no code of the codec (see bulk.ts). */
export interface CopiedMessages {
  /** Returns the channel of a message; undefined for one without a channel. */
  channelOf(message: Uint8Array): ChannelKey | undefined
  /** Makes the copy of message `sequence`. */
  copyOf(sequence: number, message: Uint8Array): Uint8Array
  /**
   * Returns the number and the message of a copy, as a view; undefined for any other message.
   *
   * @param mostSequence Largest valid number.
   * @throws MuxError for a larger number, CodecError for bytes that are no message
   */
  originalOf(copy: Uint8Array, mostSequence: number): CopiedMessage | undefined
}

/** A message of the main transport, from its copy. */
interface CopiedMessage {
  readonly sequence: number
  readonly message: Uint8Array
}

export const copiedMessages: CopiedMessages = {
  channelOf(message) {
    const type = peekType(message)
    if (type === MessageType.Connector || type === MessageType.ConnectorResponse) return undefined
    const offset = channelIdOffset(type)
    return offset < 0 ? undefined : channelKey(message, offset)
  },
  copyOf: (sequence, message) => encodeUrgent({ sequence, message }),
  originalOf(copy, mostSequence) {
    if (peekType(copy) !== MessageType.Urgent) return undefined
    const original = decodeUrgent(copy)
    const { sequence } = original
    if (sequence <= mostSequence) return original
    throw new MuxError('ERR_MUX_PROTOCOL', `copy of message ${sequence}, ${mostSequence} is the last that may come now`)
  },
}
