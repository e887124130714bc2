import { type Clock, type Given, systemClock } from '@ls/foundation'
import { PeerLostChannels, type PeerNotifier } from './peer-lost-channels.js'

/** Limits of {@link LostChannels}. */
export interface LostChannelsOptions {
  /** Time for `keepMs`. @default the process's clock */
  readonly clock?: Clock | undefined
  /** Time for which channels of an absent peer are remembered, in milliseconds. @default 60000 */
  readonly keepMs?: number | undefined
  /** Channels remembered for all peers together; the oldest are forgotten first. @default 16384 */
  readonly maxChannels?: number | undefined
}

/** {@link PeerLostChannels} of many peers. */
export class LostChannels {
  readonly #options: Given<LostChannelsOptions>
  /** In the order of loss. */
  readonly #peers = new Map<string, PeerLostChannels>()
  #count = 0

  constructor({ clock = systemClock, keepMs = 60_000, maxChannels = 16_384 }: LostChannelsOptions = {}) {
    this.#options = { clock, keepMs, maxChannels }
  }

  /** Channels remembered now. */
  get size(): number {
    return this.#count
  }

  /** Whether there are lost channels of `peer`. */
  awaits(peer: string): boolean {
    return this.#peers.get(peer)?.awaits === true
  }

  /** Remembers the channels that the session of `peer` had open when it was lost. */
  remember(peer: string, channels: readonly Uint8Array[]): void {
    if (channels.length === 0) return
    const lost = this.#take(peer) ?? new PeerLostChannels(this.#options)
    lost.remember(channels)
    this.#peers.set(peer, lost)
    this.#count += lost.size
    for (const [oldest, { awaits }] of this.#peers) {
      if (this.#count <= this.#options.maxChannels && awaits) break
      this.#take(oldest)
    }
  }

  /** Disconnects the remembered channels on the new session of `peer`. */
  tell(peer: string, session: PeerNotifier): void {
    this.#take(peer)?.tell(session)
  }

  #take(peer: string): PeerLostChannels | undefined {
    const found = this.#peers.get(peer)
    this.#peers.delete(peer)
    this.#count -= found?.size ?? 0
    return found
  }
}
