import type { Clock, Given } from '@ls/foundation'
import { disconnectMessage, linkLostText } from '../channel/channel-messages.js'

/** Limits of {@link PeerLostChannels}. */
export interface PeerLostChannelsOptions {
  /** Time for `keepMs`. */
  readonly clock: Clock
  /** Time for which channels of an absent peer are remembered, in milliseconds. @default 60000 */
  readonly keepMs?: number | undefined
  /** Channels remembered; the oldest are forgotten first. @default 16384 */
  readonly maxChannels?: number | undefined
}

/** Session that notifies the peer. */
export interface PeerNotifier {
  send(message: Uint8Array): void
}

/**
 * Remembers the channels that a base peer lost with its link. Some of these peers keep their ends and wait for more
 * data (docs/interop.md). On the peer's next link they are notified that the channels are gone.
 *
 * @example
 * const lost = new PeerLostChannels({ clock })
 * const session = new Session({}, { onConnect, onClose: (_reason, channels) => lost.remember(channels) })
 * lost.tell(nextSession)
 */
export class PeerLostChannels {
  readonly #options: Given<PeerLostChannelsOptions>
  #ids: readonly Uint8Array[] = []
  #untilMs = 0

  constructor({ clock, keepMs = 60_000, maxChannels = 16_384 }: PeerLostChannelsOptions) {
    this.#options = { clock, keepMs, maxChannels }
  }

  /** Channels remembered, also those whose time is over. */
  get size(): number {
    return this.#ids.length
  }

  /** Whether there are lost channels. */
  get awaits(): boolean {
    return this.size > 0 && this.#untilMs > this.#options.clock.now()
  }

  /** Remembers the channels that a session of the peer had open when it was lost. */
  remember(channels: readonly Uint8Array[]): void {
    if (channels.length === 0) return
    const { clock, keepMs, maxChannels } = this.#options
    // The newest channels are the ones in use.
    this.#ids = [...this.#take(), ...channels].slice(-maxChannels)
    this.#untilMs = clock.now() + keepMs
  }

  /** Disconnects the remembered channels on the new session of the peer. */
  tell(session: PeerNotifier): void {
    for (const id of this.#take()) session.send(disconnectMessage(id, linkLostText))
  }

  #take(): readonly Uint8Array[] {
    const ids = this.awaits ? this.#ids : []
    this.#ids = []
    return ids
  }
}
