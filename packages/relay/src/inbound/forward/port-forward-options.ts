import type { Logger, RareLog } from '@ls/foundation'
import type { ChannelSlots } from '../../channel-slots.js'
import type { Pace } from '../../copy/paced-channel.js'
import type { PayloadOptions } from '../../copy/payload-options.js'
import type { ChannelSource } from '../../offer/channel-source.js'
import type { ProxyHeaderVersion } from '../../upstream/proxy-header.js'
import type { Forward } from './forward-spec.js'

/** Options of a fixed port, see {@link Forwards}. */
export interface PortForwardOptions extends PayloadOptions, ChannelSource {
  /** Logs targets that cannot be reached. */
  readonly logger: Logger
  /** Logs them instead where strangers can connect, who could fill a log. @default `logger` is used */
  readonly rareLog?: RareLog | undefined
  /** Limits connections and UDP associations. @default 65536 connections for each port */
  readonly slots?: ChannelSlots | undefined
  /** Most sources of one UDP port. @default 1024 */
  readonly maxSources?: number | undefined
  /** Rates of the traffic: connections wait, datagrams are dropped. @default no limit */
  readonly pace?: Pace | undefined
  /** Version of the PROXY protocol header that begins each TCP connection and names its client. @default none */
  readonly proxyHeader?: ProxyHeaderVersion | undefined
}

/** A fixed port that is open. */
export interface OpenForward {
  /** The forward, with the port that was chosen for port 0. */
  readonly forward: Forward
  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  close(graceMs: number): Promise<void>
}
