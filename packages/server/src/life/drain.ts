import type { Changes, Logger } from '@ls/foundation'
import type { Peer } from '../links/peer.js'

/** Options of a drain: the parts to wait for and to close. */
export interface DrainOptions {
  readonly peers: ReadonlySet<Peer>
  /** Closes the proxy ports immediately; resolves when their connections have ended, or are cut after `graceMs`. */
  ports(graceMs: number): Promise<unknown>
  /** Time for open channels, in milliseconds. */
  readonly timeoutMs: number
  /** Notified when a client disconnects or has no channel any more, and when the server closes. */
  readonly changes: Changes
  /** Whether the server has closed in the meantime, so that the drain stops waiting. */
  isOver(): boolean
  readonly logger: Logger
}

/** Options of `LinkSocksServer.drain`. */
export interface DrainRequest {
  /** Time for open channels, in milliseconds. @default 3600000 (1 h) */
  readonly timeoutMs?: number | undefined
  /** Whether another process has the ports now. @default false */
  readonly isHandedOver?: boolean | undefined
}

/** Default time for open channels: most transfers end within it, and a restart is not delayed for days. */
export const defaultDrainMs = 3_600_000

/** Reason that clients receive when a drain ends their session. */
export const drainReason = 'the server is draining'

/**
 * Waits until nothing is open any more, at most `timeoutMs`. Disconnects clients without a channel in the meantime.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { peers, ports, timeoutMs, isOver, logger } = options
  logger.info(
    { timeoutMs, channels: openChannels(peers) },
    `${drainReason}: no new links and connections, open ones may continue for ${timeoutMs / 1000} s`,
  )
  await Promise.all([ports(timeoutMs), peersDrained(options)])
  const channels = openChannels(peers)
  if (channels === 0) logger.info({}, 'the server is drained: nothing is open')
  // A close that began during the drain logs its own progress.
  else if (!isOver()) logger.info({ channels }, 'the drain is over, and connections are still open')
}

/** Disconnects each client as soon as it has no channel; resolves when no client is left, or at the deadline. */
async function peersDrained({ peers, timeoutMs, changes, isOver }: DrainOptions): Promise<void> {
  const isDrained = (): boolean => {
    for (const { session } of peers) if (session.channelCount === 0) session.close(drainReason)
    return peers.size === 0 || isOver()
  }
  await changes.until(isDrained, timeoutMs)
}

/** Channels of all peers together. */
export function openChannels(peers: ReadonlySet<Peer>): number {
  let channels = 0
  for (const { session } of peers) channels += session.channelCount
  return channels
}
