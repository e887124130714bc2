import type { Channel } from '../channel/channel.js'
import type { SessionEnd } from '../session/session-end.js'
import type { ForwardPace } from './pacing.js'

/** What one half of a forwarded channel is made of. */
export interface ForwardedHalfInit {
  readonly host: SessionEnd
  readonly request: Channel
  /** Which end of the channel this link leads to. */
  readonly role: 'opener' | 'target'
  /** Both links have `window`: credit passes through. */
  readonly direct: boolean
  /** Rates of the channel. @default no limit */
  readonly pace?: ForwardPace | undefined
  onClose(): void
}
