import type { Peer } from './peer.js'

/** Resolves when no peer has a channel any more, or after `graceMs`. */
export async function peersIdle(peers: ReadonlySet<Peer>, graceMs: number): Promise<void> {
  const until = performance.now() + graceMs
  while (performance.now() < until && [...peers].some(({ session }) => session.channelCount > 0)) {
    await new Promise((resolve) => setTimeout(resolve, idlePollMs))
  }
}

/** Interval at which a closing server checks whether its channels are done. */
const idlePollMs = 50
