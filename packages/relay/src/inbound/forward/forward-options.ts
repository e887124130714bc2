import type { Logger } from '@ls/foundation'
import type { PayloadOptions } from '../../copy/payload-options.js'
import type { ChannelSource } from '../../offer/channel-source.js'
import type { Forward } from './forward-spec.js'

export interface ForwardOptions extends PayloadOptions, ChannelSource {
  /** Logs targets that cannot be reached. */
  readonly logger: Logger
}

/** A fixed port that is open. */
export interface OpenForward {
  /** The forward, with the port that was chosen for port 0. */
  readonly forward: Forward
  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  close(graceMs: number): Promise<void>
}
