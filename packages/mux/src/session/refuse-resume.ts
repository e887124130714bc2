import { channelKey } from '@ls/codec'
import { disconnectMessage, linkLostText } from '../channel/channel-messages.js'
import type { Teller } from './peer-lost-channels.js'
import type { SessionHandler } from './session-handler.js'

/**
 * Refuses to resume a channel that `session` does not have. Its bytes in transit are lost: a new connection to the
 * target would continue in the middle of the stream.
 */
export function refuseResume(id: Uint8Array, session: Teller, handler: SessionHandler): void {
  if (handler.isElsewhere?.(channelKey(id)) !== true) session.send(disconnectMessage(id, linkLostText))
}
