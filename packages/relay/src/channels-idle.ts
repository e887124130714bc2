import { type Clock, systemClock } from '@ls/foundation'

/** Resolves when there is no channel any more, or after `graceMs` milliseconds. */
export async function channelsIdle(
  channelCount: () => number,
  graceMs: number,
  clock: Clock = systemClock,
): Promise<void> {
  const until = clock.now() + graceMs
  while (clock.now() < until && channelCount() > 0) {
    await new Promise<void>((resolve) => clock.setTimeout(resolve, lookMs))
  }
}

/** How often to look, in milliseconds: only while a client or server closes, so that a look costs nothing that matters. */
const lookMs = 50
