import { type Clock, systemClock } from '@ls/foundation'
import { channelKey } from '@ls/codec'
import { disconnectMessage, linkLostText } from '../channel/channel-messages.js'
import type { SessionHandler } from './session-handler.js'

/** How many channels {@link LostChannels} remembers, and for how long. */
export interface LostChannelsOptions {
  /** Time for `keepMs`. @default the process's clock */
  readonly clock?: Clock
  /** How long channels of an absent peer are remembered, in milliseconds. @default 60000 */
  readonly keepMs?: number
  /** Channels remembered for all peers together; the oldest are forgotten first. @default 16384 */
  readonly maxChannels?: number
}

/** The session that tells. */
interface Teller {
  send(message: Uint8Array): void
}

/**
 * Channels that died with the link of a base peer. Some of these peers keep their ends and wait for more (docs/interop.md):
 * on the next link of the same peer they are told that there is none.
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
  /** By peer, the one that was lost first at the front. */
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

  /** Whether `peer` has something to be told. */
  awaits(peer: string): boolean {
    return (this.#lost.get(peer)?.untilMs ?? -Infinity) > this.#clock.now()
  }

  /** Remembers what the session of `peer` had open when it was lost. */
  remember(peer: string, channels: readonly Uint8Array[]): void {
    if (channels.length === 0) return
    const known = this.#take(peer)
    // The newest: they are the ones in use.
    const ids = [...known, ...channels].slice(-this.#maxChannels)
    this.#lost.set(peer, { ids, untilMs: this.#clock.now() + this.#keepMs })
    this.#count += ids.length
    for (const [oldest, { untilMs }] of this.#lost) {
      if (this.#count <= this.#maxChannels && untilMs > this.#clock.now()) break
      this.#take(oldest)
    }
  }

  /** Disconnects on the new session of `peer` what the one before had open. */
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
 * Answers a peer that wants a channel back which `session` does not have. What was under way is lost: a new connection
 * to the target would go on in the middle of the stream.
 */
export function refuseResume(id: Uint8Array, session: Teller, handler: SessionHandler): void {
  if (handler.isElsewhere?.(channelKey(id)) !== true) session.send(disconnectMessage(id, linkLostText))
}
