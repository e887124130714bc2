import { channelKey } from '@ls/codec'
import { type Clock, systemClock } from '@ls/foundation'
import { disconnectMessage, linkLostText } from '../channel/channel-messages.js'
import type { SessionHandler } from './session-handler.js'

/** Limits of {@link LostChannels}. */
export interface LostChannelsOptions {
  /** Time for `keepMs`. @default the process's clock */
  readonly clock?: Clock | undefined
  /** Time for which channels of an absent peer are remembered, in milliseconds. @default 60000 */
  readonly keepMs?: number | undefined
  /** Channels remembered for all peers together; the oldest are forgotten first. @default 16384 */
  readonly maxChannels?: number | undefined
}

/** Session that notifies the peer. */
interface Teller {
  send(message: Uint8Array): void
}

/**
 * Remembers channels that a base peer lost with its link. Some of these peers keep their ends and wait for more data
 * (docs/interop.md). On the peer's next link they are notified that the channels are gone.
 *
 * @example
 * const lost = new LostChannels()
 * const session = new Session({}, { onConnect, onClose: (_reason, channels) => lost.remember(peer, channels) })
 * lost.tell(peer, nextSession)
 */
export class LostChannels {
  readonly #clock: Clock
  readonly #keepMs: number
  readonly #maxChannels: number
  /** Lost channels of each peer, in the order of loss. */
  readonly #lost = new Map<string, { readonly ids: readonly Uint8Array[]; readonly untilMs: number }>()
  #count = 0

  constructor({ clock = systemClock, keepMs = 60_000, maxChannels = 16_384 }: LostChannelsOptions = {}) {
    this.#clock = clock
    this.#keepMs = keepMs
    this.#maxChannels = maxChannels
  }

  /** Channels remembered now. */
  get size(): number {
    return this.#count
  }

  /** Whether there are lost channels of `peer`. */
  awaits(peer: string): boolean {
    return (this.#lost.get(peer)?.untilMs ?? -Infinity) > this.#clock.now()
  }

  /** Remembers the channels that the session of `peer` had open when it was lost. */
  remember(peer: string, channels: readonly Uint8Array[]): void {
    if (channels.length === 0) return
    const known = this.#take(peer)
    // The newest channels are the ones in use.
    const ids = [...known, ...channels].slice(-this.#maxChannels)
    this.#lost.set(peer, { ids, untilMs: this.#clock.now() + this.#keepMs })
    this.#count += ids.length
    for (const [oldest, { untilMs }] of this.#lost) {
      if (this.#count <= this.#maxChannels && untilMs > this.#clock.now()) break
      this.#take(oldest)
    }
  }

  /** Disconnects the remembered channels on the new session of `peer`. */
  tell(peer: string, session: Teller): void {
    for (const id of this.#take(peer)) session.send(disconnectMessage(id, linkLostText))
  }

  #take(peer: string): readonly Uint8Array[] {
    const found = this.#lost.get(peer)
    if (found === undefined) return []
    this.#lost.delete(peer)
    this.#count -= found.ids.length
    return found.untilMs > this.#clock.now() ? found.ids : []
  }
}

/**
 * Refuses to resume a channel that `session` does not have. Its bytes in transit are lost: a new connection to the
 * target would continue in the middle of the stream.
 */
export function refuseResume(id: Uint8Array, session: Teller, handler: SessionHandler): void {
  if (handler.isElsewhere?.(channelKey(id)) !== true) session.send(disconnectMessage(id, linkLostText))
}
