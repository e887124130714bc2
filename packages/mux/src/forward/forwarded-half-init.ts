import type { Channel } from '../channel/channel.js'
import type { SessionEnd } from '../session/session-end.js'
import type { ForwardPace } from './pacing.js'

/** Parts of one half of a forwarded channel. */
export interface ForwardedHalfInit {
  readonly host: SessionEnd
  readonly request: Channel
  /** The end of the channel to which this link leads. */
  readonly role: 'opener' | 'target'
  /** Whether both links have `window`: credit passes through. */
  readonly direct: boolean
  /** Rates of the channel. @default no limit */
  readonly pace?: ForwardPace | undefined
  onClose(): void
}
