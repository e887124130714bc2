import type { Changes, Logger } from '@ls/foundation'
import type { Peer } from '../links/peer.js'

/** What a drain waits for, and what it may end. */
export interface DrainOptions {
  readonly peers: ReadonlySet<Peer>
  /** Stops the proxy ports at once; resolves when its connections are over, or cut after `graceMs`. */
  ports(graceMs: number): Promise<unknown>
  /** Time for open channels, in milliseconds. */
  readonly deadlineMs: number
  /** Is told when a client has gone or has no channel any more, and when the server closes. */
  readonly changes: Changes
  /** The server closes meanwhile, so nothing is to be waited for. */
  isOver(): boolean
  readonly logger: Logger
}

/** How a server is to drain. */
export interface DrainRequest {
  /** Time for open channels, in milliseconds. @default 3600000 (1 h) */
  readonly deadlineMs?: number | undefined
  /** Another process has the ports now. @default false */
  readonly isHandedOver?: boolean | undefined
}

/** Time that a drain gives open channels: most transfers of hours end in it, and a restart is not put off for days. */
export const defaultDrainMs = 3_600_000

/** What clients are told whose session ends. */
export const drainReason = 'the server is draining'

/** Waits until nothing is open any more, or for `deadlineMs`. Clients without a channel are sent away meanwhile. */
export async function drain(options: DrainOptions): Promise<void> {
  const { peers, ports, deadlineMs, isOver, logger } = options
  logger.info(
    { deadlineMs, channels: openChannels(peers) },
    `${drainReason}: no new links and connections, open ones may go on for ${deadlineMs / 1000} s`,
  )
  await Promise.all([ports(deadlineMs), peersDrained(options)])
  const channels = openChannels(peers)
  if (channels === 0) logger.info({}, 'the server is drained: nothing is open')
  // A close that came meanwhile says itself what it waits for.
  else if (!isOver()) logger.info({ channels }, 'the drain is over, and connections are still open')
}

/** Sends away each client as soon as it has no channel; resolves when none is left, or at the deadline. */
async function peersDrained({ peers, deadlineMs, changes, isOver }: DrainOptions): Promise<void> {
  const isDrained = (): boolean => {
    for (const { session } of peers) if (session.channelCount === 0) session.close(drainReason)
    return peers.size === 0 || isOver()
  }
  await changes.until(isDrained, deadlineMs)
}

/** Channels of all peers together. */
export function openChannels(peers: ReadonlySet<Peer>): number {
  let channels = 0
  for (const { session } of peers) channels += session.channelCount
  return channels
}
