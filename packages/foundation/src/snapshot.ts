import type { HistogramSnapshot } from './histogram.js'

/** Counters of a server or a client, at one moment. Totals begin with the process. */
export interface Snapshot {
  /** Kind of program. */
  readonly program: 'server' | 'client'
  /** Version of the program. */
  readonly version: string
  /** Whether the program can do its work. */
  readonly readiness: Readiness
  /** Links to peers. */
  readonly links: LinkCounts
  /** Proxied connections, one entry for each role and protocol. */
  readonly traffic: readonly TrafficCounts[]
  /** Ended channels by outcome. */
  readonly endedChannels: readonly EndedChannels[]
  /** Traffic of each token; servers only. At most {@link maxLabelledTokens} entries and `other`. */
  readonly tokens: readonly TokenCounts[]
  /** Used part of each token's quota; servers only, and at most {@link maxLabelledTokens} tokens. @default none */
  readonly quotas?: readonly QuotaCounts[]
  /** Connections and clients refused, by kind. */
  readonly refusals: Readonly<Record<string, number>>
  /** Used part of each limit. */
  readonly limits: readonly LimitUse[]
  /** Time of successful dials to targets, in milliseconds. */
  readonly dialMs: HistogramSnapshot
  /** Time of name lookups for targets that needed a query, in milliseconds. */
  readonly lookupMs: HistogramSnapshot
  /** Number of configuration reloads; undefined before the first one. */
  readonly reloads?: ReloadCounts | undefined
  /** Channels by path, of a connector or provider with direct paths. @default none */
  readonly paths?: readonly PathCounts[] | undefined
  /** The cluster that a server is a node of. @default none */
  readonly cluster?: ClusterCounts | undefined
  /** Time when the certificate expires, in milliseconds since 1970; undefined without TLS. */
  readonly certificateExpiresAtMs: number | undefined
}

/** Channels of a client that take one kind of path. */
export interface PathCounts {
  /** `direct`: between the two ends. `relay`: through the server. */
  readonly path: 'direct' | 'relay'
  /** Protocol of the direct path; undefined for the relay. */
  readonly protocol?: 'tcp' | 'udp' | undefined
  /** Channels open now. */
  readonly channels: number
  /** How often the path of new channels has changed to this one. */
  readonly changes: number
}

/** Numbers of a cluster, as one of its nodes sees it. */
export interface ClusterCounts {
  /** Number of nodes by state: `self`, `up`, `silent`, `gone`. */
  readonly nodes: Readonly<Record<string, number>>
  /** Whether the store that all nodes share can be reached. */
  readonly isConnected: boolean
  /** Tokens that all nodes have. */
  readonly sharedTokens: number
  /** Connections for channels that this node has dialled to others. */
  readonly trunks: number
  /** Connections for channels that others have dialled to this node. */
  readonly incomingTrunks: number
}

/** Results of configuration reloads. */
export interface ReloadCounts {
  /** Reloads after which the new configuration is in force. */
  readonly succeeded: number
  /** Reloads that failed, because of a mistake or a change that could not be made. */
  readonly failed: number
  /** Time of the last successful reload, in milliseconds since 1970; undefined for never. */
  readonly lastSuccessAtMs: number | undefined
}

/** Whether a program can do its work, with the reasons if not. */
export interface Readiness {
  /** False while there is a reason. */
  readonly ready: boolean
  /** Reasons why it is not ready, one sentence each. */
  readonly reasons: readonly string[]
  /** Information for an operator, though the program is ready. */
  readonly notes: readonly string[]
}

/** Links, and the sessions over them. */
export interface LinkCounts {
  /** Sessions with a link now. */
  readonly up: number
  /** Sessions that wait for their link to return. */
  readonly waiting: number
  /** Sessions that began. */
  readonly opened: number
  /** Links that continued a session. */
  readonly resumed: number
  /** Sessions whose link did not return in time. */
  readonly lost: number
  /** Sessions that ended for another reason. */
  readonly closed: number
  /** Bytes kept for resending, over all sessions. */
  readonly replayBytes: number
  /** The part of these that is in flight: sent over a link that is up, and not acknowledged. */
  readonly inFlightBytes: number
  /** Bytes that the links' own send buffers hold. */
  readonly bufferedBytes: number
  /** Last measured round trip of each link, in milliseconds, in ascending order. */
  readonly roundTripsMs: readonly number[]
}

/** Kind of channels: the role of the link that carries them, and their protocol. */
export interface ChannelKind {
  /** `forward`, `reverse` or `connector`; `own` for a server's own proxy ports. */
  readonly role: string
  /** Protocol of the channels. */
  readonly protocol: 'tcp' | 'udp'
}

/** Traffic of one kind of channels. */
export interface TrafficCounts extends ChannelKind {
  /** Channels open now. */
  readonly open: number
  /** Payload bytes sent to targets, uncompressed. */
  readonly bytesToTarget: number
  /** Payload bytes received from targets. */
  readonly bytesFromTarget: number
  /** Bytes received that their consumers have not taken yet. */
  readonly queuedBytes: number
  /** Bytes accepted for a link that are not given to it yet. */
  readonly unsentBytes: number
  /** Number of times that a channel could send nothing until its peer granted more credit. */
  readonly windowStalls: number
  /** Datagrams sent to targets. */
  readonly datagramsToTarget: number
  /** Datagrams received from targets. */
  readonly datagramsFromTarget: number
  /** Datagrams dropped. */
  readonly droppedDatagrams: number
}

/** Channels that ended the same way. */
export interface EndedChannels extends ChannelKind {
  /** A word of protocol.md §4 if the target was not reached, otherwise `ok`, `aborted`, `cancelled` or `link-lost`. */
  readonly outcome: string
  /** Number of channels. */
  readonly count: number
}

/** Whether an outcome is a failure. A cancellation by the client is none. */
export function isFailedOutcome(outcome: string): boolean {
  return outcome !== 'ok' && outcome !== 'cancelled'
}

/** Traffic of one token. */
export interface TokenCounts {
  /** The name in the token's policy; without one, the id of the token. Or `other`. */
  readonly token: string
  /** Channels open now. */
  readonly open: number
  /** Channels that ended. */
  readonly ended: number
  /** Payload bytes sent to targets. */
  readonly bytesToTarget: number
  /** Payload bytes received from targets. */
  readonly bytesFromTarget: number
}

/** Used part of one token's quota. */
export interface QuotaCounts {
  /** The name in the token's policy; without one, the id of the token. */
  readonly token: string
  /** Period of the quota, in UTC. */
  readonly period: 'day' | 'month'
  /** Bytes of both directions in the current period. */
  readonly usedBytes: number
  /** Limit of the quota, in bytes. */
  readonly limitBytes: number
}

/** Used part of a limit. */
export interface LimitUse {
  /** Name of the limit: `memory`, `links`, `channels`. */
  readonly name: string
  /** Unit of the numbers. */
  readonly unit: 'bytes' | 'entries'
  /** Current use. */
  readonly used: number
  /** The limit. */
  readonly limit: number
}

/** Most tokens with a label of their own in metrics; the traffic of all others is counted as `other`. */
export const maxLabelledTokens = 1000
