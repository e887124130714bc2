import { ProgressWatch } from '@ls/foundation'
import type { ChannelHost } from '../session/table-entry.js'

/**
 * Watches a channel or link that is ending: calls `giveUp` once when `progress` has not changed for `quietMs`
 * milliseconds. Time without a transport does not count.
 */
export function watchEnd(
  host: ChannelHost,
  progress: () => number,
  giveUp: () => void,
  quietMs = host.options.lingerMs,
): ProgressWatch {
  const { clock } = host.options
  return new ProgressWatch({ clock, quietMs, progress, isCounting: () => host.linked, onStuck: giveUp })
}

/** Error text for the peer when the last bytes of a channel, and its Disconnect, could not be sent. */
export function stuckText(bytes: number, lingerMs: number): string {
  return `timeout: the peer took none of the last ${bytes} bytes for ${lingerMs} ms`
}

/**
 * Time of silence after which a base peer counts as finished, in milliseconds. It does not acknowledge our end, so
 * twice a round trip is used.
 */
export function lastCallMs(roundTripMs: number | undefined): number {
  return Math.min(Math.max(2 * (roundTripMs ?? 100), 50), 1000)
}
