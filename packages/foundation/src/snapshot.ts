import type { HistogramSnapshot } from './histogram.js'

/** What a server or a client has counted, at one moment. Totals begin with the process. */
export interface Snapshot {
  /** Which program counts. */
  readonly program: 'server' | 'client'
  /** Its version. */
  readonly version: string
  /** Whether it can do its work. */
  readonly readiness: Readiness
  /** Links to peers. */
  readonly links: LinkCounts
  /** Proxied connections, one entry for each role and protocol. */
  readonly traffic: readonly TrafficCounts[]
  /** Ended channels by outcome. */
  readonly endedChannels: readonly EndedChannels[]
  /** What each token moved; servers only. At most {@link maxLabelledTokens} entries and `other`. */
  readonly tokens: readonly TokenCounts[]
  /**
   * What tokens have used of their quotas; servers only, and at most {@link maxLabelledTokens} tokens. @default none
   */
  readonly quotas?: readonly QuotaCounts[]
  /** Connections and clients turned away, by kind. */
  readonly refusals: Readonly<Record<string, number>>
  /** What is in use of each limit. */
  readonly limits: readonly LimitUse[]
  /** Time of successful dials to targets, in milliseconds. */
  readonly dialMs: HistogramSnapshot
  /** Time of name lookups for targets that needed a query, in milliseconds. */
  readonly lookupMs: HistogramSnapshot
  /** How often the configuration was read again; undefined before the first time. */
  readonly reloads?: ReloadCounts | undefined
  /** When the certificate expires, in milliseconds since 1970; undefined without TLS. */
  readonly certificateExpiresAtMs: number | undefined
}

/** What became of the configuration when it was read again. */
export interface ReloadCounts {
  /** It is in force. */
  readonly succeeded: number
  /** It had a mistake, or a change could not be made. */
  readonly failed: number
  /** When it last came into force, in milliseconds since 1970; undefined for never. */
  readonly lastSuccessAtMs: number | undefined
}

/** Whether a program can do its work, and why not. */
export interface Readiness {
  /** False while there is a reason. */
  readonly ready: boolean
  /** Why it is not ready, one sentence each. */
  readonly reasons: readonly string[]
  /** What an operator should know, though the program is ready. */
  readonly notes: readonly string[]
}

/** Links, and the sessions over them. */
export interface LinkCounts {
  /** Sessions with a link now. */
  readonly up: number
  /** Sessions that wait for their link to come back. */
  readonly waiting: number
  /** Sessions that began. */
  readonly opened: number
  /** Links that continued a session. */
  readonly resumed: number
  /** Sessions whose link did not come back in time. */
  readonly lost: number
  /** Sessions that ended otherwise. */
  readonly closed: number
  /** Bytes kept for resending, over all sessions. */
  readonly replayBytes: number
  /** The part of these that is under way: sent over a link that is up, and not acknowledged. */
  readonly inFlightBytes: number
  /** Bytes that the links' own send buffers hold. */
  readonly bufferedBytes: number
  /** The round trip last measured on each link, in milliseconds, in ascending order. */
  readonly roundTripsMs: readonly number[]
}

/** Kind of channels: the role of the link that carries them, and what they carry. */
export interface ChannelKind {
  /** `forward`, `reverse` or `connector`; `own` for a server's own proxy ports. */
  readonly role: string
  /** What they carry. */
  readonly protocol: 'tcp' | 'udp'
}

/** Traffic of one kind of channels. */
export interface TrafficCounts extends ChannelKind {
  /** Channels open now. */
  readonly open: number
  /** Payload bytes that went towards targets, uncompressed. */
  readonly bytesToTarget: number
  /** Payload bytes that came back. */
  readonly bytesFromTarget: number
  /** Bytes received and not yet taken by their consumers. */
  readonly queuedBytes: number
  /** Bytes accepted for a link and not given to it yet. */
  readonly unsentBytes: number
  /** How often a channel could send nothing until its peer granted more. */
  readonly windowStalls: number
  /** Datagrams that went towards targets. */
  readonly datagramsToTarget: number
  /** Datagrams that came back. */
  readonly datagramsFromTarget: number
  /** Datagrams dropped. */
  readonly droppedDatagrams: number
}

/** Channels that ended the same way. */
export interface EndedChannels extends ChannelKind {
  /** A word of protocol.md §4 if the target was not reached, else `ok`, `aborted`, `cancelled` or `link-lost`. */
  readonly outcome: string
  /** How many. */
  readonly count: number
}

/** What one token moved. */
export interface TokenCounts {
  /** A short hash of the token, or `other`. */
  readonly token: string
  /** Channels open now. */
  readonly open: number
  /** Channels that ended. */
  readonly ended: number
  /** Payload bytes that went towards targets. */
  readonly bytesToTarget: number
  /** Payload bytes that came back. */
  readonly bytesFromTarget: number
}

/** How much of a quota one token has used. */
export interface QuotaCounts {
  /** The name in the token's policy; without one, a short hash of the token. */
  readonly token: string
  /** Over which time the quota runs, in UTC. */
  readonly period: 'day' | 'month'
  /** Bytes of both directions since it began. */
  readonly usedBytes: number
  /** The most. */
  readonly limitBytes: number
}

/** What is in use of a limit. */
export interface LimitUse {
  /** Its name: `memory`, `links`, `channels`. */
  readonly name: string
  /** What is counted. */
  readonly unit: 'bytes' | 'entries'
  /** In use now. */
  readonly used: number
  /** The most. */
  readonly limit: number
}

/** Tokens with a label of their own in metrics; the traffic of all others is counted as `other`. */
export const maxLabelledTokens = 1000
