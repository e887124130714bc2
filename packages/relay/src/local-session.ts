import { loopbackPair, Session, type SessionHandler, type SessionOptions } from '@ls/mux'
import type { Outbound } from './outbound/outbound.js'

/** Callbacks for each channel of the near end, to count it. */
export type ChannelWatch = Pick<SessionHandler, 'onChannelOpened' | 'onChannelClosed'>

/**
 * Creates a session whose other end is `outbound` in this process: it reaches the targets of the channels that an
 * inbound opens. So a proxy port works without a link, with the same two halves. Closing the session closes both ends.
 */
export function localSession(
  outbound: Outbound,
  options: Pick<SessionOptions, 'clock' | 'logger'> & ChannelWatch = {},
): Session {
  const { onChannelOpened, onChannelClosed } = options
  const both: SessionOptions = { ...options, extensions: ['window', 'fin'] }
  const near = new Session(both, {
    onConnect: (channel) => channel.reject('forbidden: channels open in the other direction only'),
    onClose: () => {},
    onChannelOpened,
    onChannelClosed,
  })
  const far = new Session(both, { onConnect: (channel) => outbound.serve(channel), onClose: () => {} })
  // Without `resume` no sender reuses its memory.
  const [left, right] = loopbackPair({ defer: setImmediate, sharesMemory: true })
  near.attach(left)
  far.attach(right)
  return near
}
