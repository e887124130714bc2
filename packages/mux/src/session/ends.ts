import { ChannelEnd } from '../channel/channel-end.js'
import type { Channel } from '../channel/channel.js'
import { SessionEnd } from './session-end.js'
import type { Session } from './session.js'

/** Returns the implementation behind a {@link Channel}. @throws TypeError for an object not made here */
export function channelEndOf(channel: Channel): ChannelEnd {
  if (channel instanceof ChannelEnd) return channel
  throw new TypeError('only channels of a Session of this package can be passed on')
}

/** Returns the implementation behind a {@link Session}, as {@link channelEndOf} does. */
export function sessionEndOf(session: Session): SessionEnd {
  if (session instanceof SessionEnd) return session
  throw new TypeError('channels can only be passed on between Sessions of this package')
}
