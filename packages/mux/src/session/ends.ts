import { ChannelEnd } from '../channel/channel-end.js'
import type { Channel } from '../channel/channel.js'
import { SessionEnd } from './session-end.js'
import type { Session } from './session.js'

/** What is behind the interface that owners see. @throws TypeError for what is not made here */
export function channelEndOf(channel: Channel): ChannelEnd {
  if (channel instanceof ChannelEnd) return channel
  throw new TypeError('only channels of a Session of this package can be passed on')
}

/** As {@link channelEndOf}. */
export function sessionEndOf(session: Session): SessionEnd {
  if (session instanceof SessionEnd) return session
  throw new TypeError('channels can only be passed on between Sessions of this package')
}
