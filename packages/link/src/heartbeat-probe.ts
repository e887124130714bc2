import { channelIdBytes } from '@ls/codec'
import { encodeDisconnect } from '@ls/codec/messages'

/**
 * Returns a Disconnect for a channel that never existed. Every peer ignores it (protocol.md §1), and one that resumes
 * acknowledges it like any numbered message, within 50 ms (§3).
 */
export function heartbeatProbe(): Uint8Array {
  return encodeDisconnect({ channelId: new Uint8Array(channelIdBytes) })
}
